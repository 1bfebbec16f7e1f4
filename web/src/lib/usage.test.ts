import { expect, it } from "vitest";
import { daysOf, everyDay, groupingOf, kindOf, spanOf, type Counts } from "./usage";

const counts: Counts = { connects: 0, action_runs: 3, proxy_calls: 0, trigger_events: 0, deliveries: 0, workflow_runs: 0, credits: 0, duration_ms: 0 };

it("ends a span today, in UTC", () => {
  expect(daysOf("7", Date.parse("2026-03-02T00:30:00Z"))).toEqual({ from: "2026-02-24", to: "2026-03-02" });
});

it("has every day in a chart, and those without a count at nothing", () => {
  const [times, used] = everyDay([{ key: "2026-03-01", counts }], "action_runs", "2026-02-28", "2026-03-02");
  expect(used).toEqual([0, 3, 0]);
  expect(times.map((t) => new Date(t * 1000).getDate())).toEqual([28, 1, 2]);
});

it("takes what an address says, and nothing that it makes up", () => {
  expect([kindOf("credits"), kindOf("duration_ms"), kindOf(undefined)]).toEqual(["credits", "action_runs", "action_runs"]);
  expect([groupingOf("user"), groupingOf("colour")]).toEqual(["user", "day"]);
  expect([spanOf("90"), spanOf("91")]).toEqual(["90", "30"]);
});
