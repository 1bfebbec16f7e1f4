import { describe, expect, it } from "vitest";
import { askedProps, effectOf, effectText, typeWord } from "./components";

const hints = { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: true, title: "" };
const action = (annotations: Partial<typeof hints> | null) => ({ component_type: "action" as const, annotations: annotations && { ...hints, ...annotations } });

describe("the effect of a component", () => {
  it.each([
    [action({ readOnlyHint: true, destructiveHint: true }), "reads", "only reads"],
    [action({ destructiveHint: true, idempotentHint: true }), "destroys", "cannot be taken back. Run twice with the same values, it does it once."],
    [action({}), "changes", "something in Slack. Run twice, it does it twice."],
    [action(null), "untold", "Take it for one that changes things"],
    [{ component_type: "trigger" as const, annotations: null }, "listens", "changes nothing in Slack"],
  ])("%j is told as %s", (c, effect, words) => {
    expect(effectOf(c)).toBe(effect);
    expect(effectText(c, "Slack")).toContain(words);
  });
});

it("lists what a person is asked for, and no more", () => {
  const props = [
    { name: "slack", type: "app" },
    { name: "note", type: "alert" },
    { name: "db", type: "$.service.db" },
    { name: "http", type: "$.interface.http" },
    { name: "timer", type: "$.interface.timer" },
    { name: "old", type: "string", hidden: true },
  ];
  expect(askedProps({ configurable_props: props }).map((p) => p.name)).toEqual(["slack", "timer"]);
  expect(typeWord("string[]")).toBe("list of texts");
  expect(typeWord("$.airtable.baseId")).toBe("$.airtable.baseId");
});
