import { expect, it } from "vitest";
import { bucketName, percent, periodOf, stacked, sum } from "./statistics";

const bucket = (good: number, bad: number, other: number, whole = true, start = "2026-05-01T12:00:00Z") => ({ start, good, bad, other, whole });

it("adds buckets up, and knows a share only of what ended", () => {
  expect(sum([bucket(3, 1, 2), bucket(5, 0, 0, false)])).toEqual({ good: 8, bad: 1, other: 2, all: 11, more: true, share: 8 / 9 });
  expect(sum([bucket(0, 0, 4)]).share).toBeUndefined();
  expect(sum([])).toMatchObject({ all: 0, more: false });
});

it("says 100 % of nothing but all, and 0 % of nothing but none", () => {
  expect([1, 0.9999, 0.5, 0.123, 0.0001, 0].map(percent)).toEqual(["100 %", "99.9 %", "50 %", "12.3 %", "0.1 %", "0 %"]);
});

it("stacks what is drawn over each other", () => {
  expect(stacked([bucket(3, 1, 2)])).toEqual([[Date.parse("2026-05-01T12:00:00Z") / 1000], [6], [4], [3]]);
});

it("takes an address at its word only where it is one", () => {
  expect([undefined, "7d", "30d", "1y"].map(periodOf)).toEqual(["24h", "7d", "30d", "24h"]);
  expect(bucketName("2026-05-01T12:00:00", "30d")).toBe("May 1");
});
