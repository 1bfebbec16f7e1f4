import { expect, it } from "vitest";
import { changes, differences, equal, harmless } from "./conflict";

it("takes for the same what says the same", () => {
  expect(equal({ a: 1, b: null }, { b: undefined, a: 1 })).toBe(true);
  expect(equal({ b: { y: [1, { d: 1, c: 2 }], x: 0 } }, { b: { x: 0, y: [1, { c: 2, d: 1 }] } })).toBe(true);
  expect(equal([1, 2], [2, 1])).toBe(false);
  expect(equal("", null)).toBe(false);
  expect(equal(false, null)).toBe(false);
});

it("writes what was changed alone", () => {
  expect(changes({ name: "a", hosts: ["x"], mail: null as string | null }, { name: "b", hosts: ["x"], mail: null })).toEqual({ name: "b" });
});

it("undoes nobody's change unseen", () => {
  const was = { name: "a", hosts: ["x"] };
  expect(harmless({ name: "mine" }, was, { name: "a", hosts: ["theirs"] })).toBe(true);
  expect(harmless({ name: "mine" }, was, { name: "theirs", hosts: ["x"] })).toBe(false);
  expect(harmless({ name: "same" }, was, { name: "same", hosts: ["x"] })).toBe(true);
  // Who writes everything writes over what they did not touch, too.
  expect(harmless({ name: "mine", hosts: ["x"] }, was, { name: "a", hosts: ["theirs"] })).toBe(false);
});

it("says in which fields two differ, in words", () => {
  expect(differences({ app_name: "A", on: true, hosts: ["a", "b"], rate: { n: 1 }, same: 1 }, { app_name: null, on: false, hosts: [], rate: null, same: 1, more: 2 })).toEqual([
    { field: "App name", mine: "A", theirs: "" },
    { field: "On", mine: "yes", theirs: "no" },
    { field: "Hosts", mine: "a\nb", theirs: "" },
    { field: "Rate", mine: '{\n  "n": 1\n}', theirs: "" },
  ]);
});
