import { expect, it } from "vitest";
import { changes } from "./conflict";
import { bodyOf, draftOf } from "./endpoints";

it("sends what was changed, and leaves alone what somebody else may have changed", () => {
  const before = bodyOf({ ...draftOf(), url: "https://a.example" });
  expect(changes(before, bodyOf({ ...draftOf(), url: "https://a.example" }))).toEqual({});
  expect(changes(before, bodyOf({ ...draftOf(), url: "https://a.example", description: "new", retries: false }))).toEqual({ description: "new", retries: false });
  expect(changes(before, bodyOf({ ...draftOf(), url: "https://a.example", headers: "X-A: b" }))).toEqual({ headers: { "X-A": "b" } });
});
