import { describe, expect, it } from "vitest";
import { after, duplicate, find, inLoop, insert, move, names, neighbour, owner, parsePath, put, remove, rename, stepAt, visible, walk, type Doc } from "./tree";

const step = (name: string, more: object = {}) => ({ name, type: "code", ...more });
const doc: Doc = {
  name: "d",
  steps: [
    step("first"),
    { name: "choose", type: "if", if: "{{ steps.first.ok }}", then: [step("yes", { code: "x", env: { A: "{{ steps.first.id }}" } }), step("sure")], else: [step("no")] },
    { name: "each", type: "for_each", items: "{{ steps.choose }}", steps: [step("one"), { name: "both", type: "parallel", branches: [{ name: "left", steps: [step("l")] }, { name: "right", steps: [] }] }] },
    { name: "pick", type: "switch", cases: [{ if: "{{ true }}", steps: [step("c")] }], default: [step("d")] },
  ],
};
const at = (name: string) => find(doc, name)!.path;
const order = (d: Doc) => walk(d.steps).map((p) => p.step.name).join(" ");

describe("a tree of steps", () => {
  it("is walked in the order in which it is drawn", () => {
    expect(order(doc)).toBe("first choose yes sure no each one both l pick c d");
    expect(at("l")).toEqual(["steps", 2, "steps", 1, "branches", 0, "steps", 0]);
  });

  it("takes steps in and lets them go, and leaves the old one as it was", () => {
    const more = insert(doc, ["steps", 2, "steps", 1, "branches", 1, "steps"], 0, step("r"));
    expect(order(more)).toBe("first choose yes sure no each one both l r pick c d");
    expect(order(remove(more, at("each")))).toBe("first choose yes sure no pick c d");
    expect(order(doc)).not.toContain(" r ");
    expect(order(insert({ name: "x", steps: [{ name: "a", type: "if" }] }, ["steps", 0, "else"], 0, step("b")))).toBe("a b");
  });

  it("moves a step to a place that is told as it is before the move", () => {
    const go = (name: string, list: (string | number)[], index: number) => move(doc, at(name), { list, index });
    expect(order(go("first", ["steps"], 2).doc)).toBe("choose yes sure no first each one both l pick c d");
    const into = go("first", ["steps", 2, "steps"], 1); // what it goes into moves up when it leaves
    expect(order(into.doc)).toBe("choose yes sure no each one first both l pick c d");
    expect(stepAt(into.doc, into.path)?.name).toBe("first");
    expect(order(go("sure", ["steps"], 0).doc)).toBe("sure first choose yes no each one both l pick c d");
    expect(go("each", ["steps", 2, "steps"], 0).doc).toBe(doc); // not into itself
  });

  it("goes on by one place, and out of its block at the end", () => {
    expect(neighbour(doc, at("sure"), -1)).toEqual({ list: ["steps", 1, "then"], index: 0 });
    expect(neighbour(doc, at("sure"), 1)).toEqual({ list: ["steps"], index: 2 });
    expect(neighbour(doc, at("c"), -1)).toEqual({ list: ["steps"], index: 3 });
    expect(neighbour(doc, at("l"), -1)).toEqual({ list: ["steps", 2, "steps"], index: 1 });
    expect(neighbour(doc, at("first"), -1)).toBeUndefined();
    expect(neighbour(doc, at("pick"), 1)).toBeUndefined();
  });

  it("makes a second one with names of its own", () => {
    const two = duplicate(doc, at("choose"));
    expect(order(two.doc)).toBe("first choose yes sure no choose_2 yes_2 sure_2 no_2 each one both l pick c d");
    expect(stepAt(two.doc, [...two.path, "then", 0])).toMatchObject({ name: "yes_2", env: { A: "{{ steps.first.id }}" } });
    expect(names(duplicate(two.doc, two.path).doc)).toContain("choose_3");
  });

  it("gives a new name to a step and to those who speak of it, and to no other", () => {
    const d = rename(doc, at("first"), "begin");
    expect(stepAt(d, ["steps", 1])).toMatchObject({ if: "{{ steps.begin.ok }}", then: [{ env: { A: "{{ steps.begin.id }}" } }, {}] });
    const left = rename({ ...doc, steps: [...doc.steps, step("left")] }, ["steps", 4], "other");
    expect(stepAt(left, at("both"))).toMatchObject({ branches: [{ name: "left" }, { name: "right" }] }); // a branch is no step
  });

  it("knows what a step sees", () => {
    const seen = (name: string) => visible(doc, at(name)).map((s) => s.name);
    expect(seen("sure")).toEqual(["yes", "first"]);
    expect(seen("no")).toEqual(["first"]);
    expect(seen("l")).toEqual(["one", "choose", "first"]);
    expect(seen("pick")).toEqual(["each", "choose", "first"]);
    expect([inLoop(doc, at("l")), inLoop(doc, at("sure"))]).toEqual([true, false]);
    expect(after(doc, at("one"))).toEqual(["both", "l"]);
  });

  it("finds the step that a message is about", () => {
    expect(parsePath("steps[1].then[0].env.A")).toEqual(["steps", 1, "then", 0, "env", "A"]);
    expect(owner(doc, parsePath("steps[1].then[0].env.A"))?.step.name).toBe("yes");
    expect(owner(doc, parsePath("steps[2].items"))?.step.name).toBe("each");
    expect(owner(doc, parsePath("triggers[0].auth"))).toBeUndefined();
    expect(put(doc, ["settings", "retry", "attempts"], 3).settings).toEqual({ retry: { attempts: 3 } });
  });
});
