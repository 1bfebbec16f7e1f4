import { expect, it } from "vitest";
import { bars, leak, replay } from "./sessions";

const counts = { opened: 10, picked: 9, started: 8, sent: 8, returned: 3, exchanged: 3, tested: 2, succeeded: 2, failed: 1, cancelled: 1, abandoned: 6 };

it("says how many came to each stage, and where most were lost", () => {
  const all = bars(counts);
  expect(all.map((b) => b.lost)).toEqual([0, 1, 1, 0, 5, 0, 1, 0]);
  expect(all.at(-1)).toMatchObject({ stage: "succeeded", count: 2, share: 0.2 });
  expect(leak(all)?.stage).toBe("returned");
  const none = bars({ ...counts, opened: 0, picked: 0, started: 0, sent: 0, returned: 0, exchanged: 0, tested: 0, succeeded: 0 });
  expect(none.every((b) => b.share === 0 && b.lost === 0)).toBe(true);
  expect(leak(none)).toBeUndefined();
});

it("tells the steps with the time between them", () => {
  const at = (s: string) => `2026-05-01T12:00:${s}Z`;
  const told = replay([
    { source: "server", name: "opened", screen: "", detail: "", created_at: at("00") },
    { source: "page", name: "popup_blocked", screen: "wait", detail: "", created_at: at("04.5") },
    { source: "server", name: "failed", screen: "", detail: "oauth_denied", created_at: at("04") },
    { source: "page", name: "something_new", screen: "wait", detail: "", created_at: at("05") },
  ]);
  expect(told.map((t) => [t.title, t.kind, t.after])).toEqual([
    ["Opened the page", "neutral", undefined],
    ["The browser held the window back", "warn", 4500],
    ["Failed", "bad", 0],
    ["something new", "neutral", 1000],
  ]);
});
