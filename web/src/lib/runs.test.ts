import { expect, it } from "vitest";
import { columns, runFilter, streamPath } from "./runs";

const now = Date.parse("2026-01-02T10:20:30Z");

it("reads a filter out of the address, and nothing that is none", () => {
  expect(runFilter({ status: "sleeping", workflow: "p_1", since: "soon", user: "", tab: "x" }, now)).toEqual({ workflow_id: "p_1" });
  expect(runFilter({ status: "failed", period: "24h", code: "http_status" }, now)).toEqual({ status: "failed", since: "2026-01-01T10:20:00.000Z", error_code: "http_status" });
  expect(streamPath(runFilter({ workflow: "p_1", user: "a b", status: "failed" }, now))).toBe("runs/stream?workflow_id=p_1&external_user_id=a+b");
  expect(streamPath({})).toBe("runs/stream");
});

it("counts by the hour, with the hours in which nothing was", () => {
  const count = (start: string, status: "succeeded" | "failed" | "running", n: number) => ({ workflow_id: "p", workflow_name: "", start, status, count: n });
  const all = columns([count("2026-01-02T10:00:00Z", "running", 2), count("2026-01-02T08:00:00Z", "failed", 3), count("2026-01-02T08:00:00Z", "succeeded", 4), count("2025-01-01T00:00:00Z", "failed", 9)], now, 3);
  expect(all).toEqual([
    { start: "2026-01-02T08:00:00.000Z", good: 4, bad: 3, other: 0 },
    { start: "2026-01-02T09:00:00.000Z", good: 0, bad: 0, other: 0 },
    { start: "2026-01-02T10:00:00.000Z", good: 0, bad: 0, other: 2 },
  ]);
});
