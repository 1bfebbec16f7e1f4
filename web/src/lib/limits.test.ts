import { expect, it } from "vitest";
import { fullness, rateWords, refusable, wish, type Limits, type Quota } from "./limits";

const quota = (kind: Quota["kind"], of: Quota["of"], most: number, used = 0): Quota => ({ kind, of, most, used, at_full: "warn" });
const limits: Limits = {
  plan: null,
  updated_at: null,
  limits: [
    { name: "proxy", title: "Proxy", per: "project", rate: null, server: null, plan: null, own: { requests: 5, window_seconds: 60 } },
    { name: "actions", title: "Actions", per: "project", rate: null, server: null, plan: null, own: null },
  ],
  quotas: [quota("credit", "workspace", 10), quota("credit", "project", 5), quota("delivery", "project", 7)],
  month_start: "2026-05-01T00:00:00Z",
  month_end: "2026-06-01T00:00:00Z",
};

it("sends all that a project has of its own, and nothing that is the workspace's", () => {
  const own = [{ name: "proxy", rate: { requests: 5, window_seconds: 60 } }];
  expect(wish(limits, { quota: { kind: "credit", most: null, at_full: "warn" } })).toEqual({ limits: own, quotas: [{ kind: "delivery", most: 7, at_full: "warn" }] });
  expect(wish(limits, { quota: { kind: "credit", most: 9, at_full: "refuse" } }).quotas).toEqual([{ kind: "delivery", most: 7, at_full: "warn" }, { kind: "credit", most: 9, at_full: "refuse" }]);
  expect(wish(limits, { limit: { name: "proxy", rate: null } }).limits).toEqual([]);
  expect(wish(limits, { limit: { name: "actions", rate: { requests: 1, window_seconds: 1 } } }).limits).toEqual([...own, { name: "actions", rate: { requests: 1, window_seconds: 1 } }]);
});

it("says rates as people do", () => {
  expect([300, 3600, 90].map((window_seconds) => rateWords({ requests: 1000, window_seconds }))).toEqual(["1,000 in 5 min", "1,000 in 1 h", "1,000 in 90 s"]);
  expect(rateWords(null)).toBe("no limit");
});

it("does not say that all is used before it is", () => {
  expect([fullness(quota("credit", "project", 1000, 999)), fullness(quota("credit", "project", 10, 12)), fullness(quota("credit", "project", 0))]).toEqual([99, 100, 100]);
  expect([refusable("delivery"), refusable("credit")]).toEqual([false, true]);
});
