import { expect, it } from "vitest";
import { dropText, lookText } from "./looks";

const look = { id: null, at: "2026-11-21T10:00:00Z", kind: "time" as const, found: 0, new: 0, dropped: [], unchanged: false, error: null };

it("says what came of a look, and why the rest is no event", () => {
  expect(lookText(look)).toBe("Nothing was there");
  expect(lookText({ ...look, unchanged: true })).toBe("Nothing has changed, the app says");
  expect(lookText({ ...look, found: 1_200, new: 1 })).toBe("1,200 found, one event");
  expect(lookText({ ...look, found: 2 })).toBe("2 found, none was new");
  expect(lookText({ ...look, error: "The app answered 500." })).toBe("It failed");
  expect(lookText({ ...look, found: 3, new: 1, error: "It is broken." })).toBe("It failed after 3 found, one event");
  expect(dropText({ reason: "seen_before", count: 1, ids: [] })).toBe("1 was seen before");
  expect(dropText({ reason: "filter", count: 2, ids: [] })).toBe("2 were dropped by its condition");
});
