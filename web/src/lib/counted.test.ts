import { expect, it } from "vitest";
import { counted } from "./counted";

it("says how many there are, as far as they were counted", () => {
  expect([0, 1234, 10_000, 10_001].map(counted)).toEqual(["0", "1,234", "10,000", "more than 10,000"]);
});
