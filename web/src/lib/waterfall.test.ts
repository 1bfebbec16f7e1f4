import { expect, it } from "vitest";
import type { RunStep } from "@/api/types";
import { waterfall } from "./waterfall";

const t0 = Date.parse("2026-01-01T00:00:00Z");
const at = (ms: number) => new Date(t0 + ms).toISOString();
const step = (name: string, from: number | null, ms: number | null, status: RunStep["status"] = "succeeded"): RunStep => ({
  path: name, name, type: "http_request", status, attempts: 1, wake_at: null, input: null, output: null, error: null, account_id: null,
  started_at: from === null ? null : at(from), finished_at: from === null || ms === null ? null : at(from + ms), duration_ms: ms,
});

it("draws to scale from the creation of the run to its end", () => {
  const w = waterfall({ created_at: at(0), started_at: at(200), finished_at: at(1_000) }, [step("a", 200, 300), step("b", 500, 500)], t0 + 9e9);
  expect(w.totalMs).toBe(1_000);
  expect(w.waited).toEqual({ width: 20, ms: 200 });
  expect(w.bars).toMatchObject([
    { name: "a", left: 20, width: 30, ms: 300 },
    { name: "b", left: 50, width: 50, ms: 500 },
  ]);
  expect(w.ticks.map((t) => t.ms)).toEqual([0, 200, 400, 600, 800, 1_000]);
});

it("lets a live step grow until now, and leaves out what has not begun", () => {
  const w = waterfall({ created_at: at(0), started_at: at(0), finished_at: null }, [step("a", 0, 1_000), step("b", 1_000, null, "running"), step("c", null, null, "pending")], t0 + 4_000);
  expect(w.totalMs).toBe(4_000);
  expect(w.bars[1]).toMatchObject({ left: 25, width: 75, ms: 3_000 });
  expect(w.bars[2]).toEqual({ path: "c", name: "c", status: "pending", left: null, width: null, ms: null });
});

it("keeps the shortest step visible and inside", () => {
  const w = waterfall({ created_at: at(0), started_at: at(0), finished_at: at(10_000) }, [step("end", 10_000, 0)], 0);
  expect(w.bars[0]).toMatchObject({ width: 0.5, left: 99.5, ms: 0 });
});

it("waits from the start while the run is queued", () => {
  const w = waterfall({ created_at: at(0), started_at: null, finished_at: null }, [], t0 + 500);
  expect(w.waited).toEqual({ width: 100, ms: 500 });
});

it("bears a clock that is behind the server's", () => {
  const w = waterfall({ created_at: at(0), started_at: at(10), finished_at: null }, [step("a", 10, 50)], t0 - 60_000);
  expect(w.totalMs).toBe(60);
  for (const b of w.bars) expect((b.left ?? 0) + (b.width ?? 0)).toBeLessThanOrEqual(100.0001);
});
