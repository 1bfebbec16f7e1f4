import { expect, it } from "vitest";
import { accept, Call, holeAt, suggest, wordAt } from "./expression";

const context = { trigger: { body: { name: "Ada", "first-name": "A", tags: ["x", "y"] } }, steps: { find: { body: { id: 7 } }, fetch: undefined }, user: { external_id: "u1" } };
const labels = (path: string) => suggest(path, context).map((s) => s.label);

it.each([
  ["a {{ tri", 8, 4],
  ["{{ a }} {{", 10, 10],
  ["{{ a }} b", 9, undefined],
  ["{{ a }}", 1, undefined],
  ['{{ "}}" + s', 11, 2],
])("knows whether %s at %i is within braces", (text, caret, want) => expect(holeAt(text, caret)).toBe(want));

it.each([
  ["{{ steps.fi", "steps.fi"],
  ["{{ len(trigger.body.tags[0].", "trigger.body.tags[0]."],
  ['{{ trigger.body["first', 'trigger.body["first'],
  ["{{ steps?.find?.bo", "steps?.find?.bo"],
  ["{{ 1 + ", ""],
])("finds the word that ends %s", (text, want) => expect(wordAt(text, text.length)?.word).toBe(want));

it("names nothing inside of a text in quotes", () => expect(wordAt('{{ "steps.', 10)).toBeUndefined());

it("suggests what there is, with its value", () => {
  expect(labels("")).toEqual(["trigger", "steps", "user"]);
  expect(labels("steps.")).toEqual(["find", "fetch"]);
  expect(suggest("steps.f", context)[1]).toMatchObject({ detail: "no value yet", deeper: false });
  expect(suggest("steps.find.body.i", context)).toEqual([{ label: "id", insert: "steps.find.body.id", detail: "7", deeper: false }]);
  expect(suggest("trigger.body.na", context).map((s) => s.insert)).toEqual(["trigger.body.name", 'trigger.body["first-name"]']);
  expect(suggest("trigger.body.tags[", context).map((s) => s.insert)).toEqual(["trigger.body.tags[0]", "trigger.body.tags[1]"]);
  expect(labels("up")).toEqual(["upper()"]);
  expect(labels("steps.gone.")).toEqual([]);
});

it("puts it in the place of the word, and closes the braces", () => {
  const take = (text: string, n = 0) => accept(text, text.length, suggest(wordAt(text, text.length)!.word, context)[n]!);
  expect(take("to {{ steps.fin")).toEqual({ text: "to {{ steps.find }}", caret: 16 });
  const open = "{{ us }} x";
  expect(accept(open, 5, suggest("us", context)[0]!)).toEqual({ text: "{{ user }} x", caret: 7 });
});

it("suggests what is called, with what it is called with", () => {
  const called = { run: { resume_url: new Call("an address", ["approve", "sign"]) }, state: { get: new Call("a value") } };
  expect(suggest("run.", called).map((s) => s.insert)).toEqual(['run.resume_url("approve")', 'run.resume_url("sign")']);
  expect(suggest("state.g", called)).toEqual([{ label: "get()", insert: 'state.get("', detail: "a value", deeper: false }]);
});
