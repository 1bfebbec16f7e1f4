import { expect, test } from "vitest";
import type { System } from "@/api/session";
import { lateness, share } from "./system";

const now = new Date("2026-05-01T12:00:00Z");
const work = (due: number, seconds: number): System["work"][number] => ({ name: "runs", due, most: false, oldest_at: new Date(now.getTime() - seconds * 1000).toISOString(), under_way: 0, given_up: 0 });

test("work is late by how long its first has waited, and where nothing is due it is not", () => {
  expect([work(0, 9999), work(5000, 59), work(1, 60), work(1, 600)].map((w) => lateness(w, now))).toEqual(["good", "good", "warn", "bad"]);
  expect(lateness({ ...work(3, 0), oldest_at: null }, now)).toBe("good");
});

test("bars show one beside ten thousand, and nothing where there is nothing", () => {
  expect(share(0, 10_000)).toBe(0);
  expect(share(1, 10_000)).toBeGreaterThanOrEqual(2);
  expect(share(10_000, 10_000)).toBe(100);
  expect(share(1, 1)).toBeLessThan(50);
});
