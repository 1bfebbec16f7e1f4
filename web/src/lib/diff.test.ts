import { expect, it } from "vitest";
import { lineDiff, shown, sideBySide } from "./diff";

const marks = (a: string, b: string) => lineDiff(a, b).map((l) => ({ same: " ", removed: "-", added: "+" })[l.kind] + l.text);

it.each([
  ["a\nb\nc", "a\nb\nc\n", [" a", " b", " c"]],
  ["a\nb\nc", "a\nx\nc", [" a", "-b", "+x", " c"]],
  ["a\nc", "a\nb\nc", [" a", "+b", " c"]],
  ["a\nb\nc\nd", "b\nd\ne", ["-a", " b", "-c", " d", "+e"]],
])("compares %j with %j", (a, b, want) => expect(marks(a, b)).toEqual(want));

it("numbers the lines of both texts", () => {
  expect(lineDiff("a\nb\nc", "a\nx\ny\nc").map((l) => [l.before, l.after])).toEqual([[1, 1], [2, undefined], [undefined, 2], [undefined, 3], [3, 4]]);
});

it("puts what was removed beside what came in its place", () => {
  expect(sideBySide(lineDiff("a\nb\nc", "a\nx\ny\nc")).map(([l, r]) => [l?.text, r?.text])).toEqual([["a", "a"], ["b", "x"], [undefined, "y"], ["c", "c"]]);
});

it("shows what changed and a little around it", () => {
  const parts = shown([..."aaaaXaaaa"], (c) => c === "X", 2);
  expect(parts.map((p) => [p.items.join(""), p.open])).toEqual([["aa", false], ["aaXaa", true], ["aa", false]]);
});

it("does not compare without an end what is too long", () => {
  const long = (c: string) => Array.from({ length: 2_100 }, (_, i) => `${c}${i}`).join("\n");
  expect(lineDiff(long("a"), long("b"))).toHaveLength(4_200);
});
