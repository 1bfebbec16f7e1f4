import { expect, it } from "vitest";
import type { Replay } from "@/api/types";
import { filterOf, progressOf } from "./deliveries";

it("reads a filter from an address, and leaves out what is none", () => {
  expect(filterOf({})).toEqual({});
  expect(filterOf({ state: "lost", status: "6xx", endpoint: "dlv_1", since: "yesterday", event: "" })).toEqual({});
  const endpoint = `whk_${"0".repeat(26)}`;
  expect(filterOf({ state: "exhausted", status: "5xx", endpoint, since: "2026-05-01T12:00Z", user: "ada", error: "tls", event: "x" })).toEqual({
    state: "exhausted",
    status: "5xx",
    endpoint_id: endpoint,
    since: "2026-05-01T12:00:00.000Z",
    external_user_id: "ada",
    error: "tls",
    event_type: "x",
  });
});

it("says how far a replay is", () => {
  const r = { status: "running", total: 4, done: 1 } as Replay;
  expect(progressOf(r)).toBe(0.25);
  expect(progressOf({ ...r, total: 0 })).toBe(1);
  expect(progressOf({ ...r, done: 9 })).toBe(1);
  expect(progressOf({ ...r, status: "finished" })).toBe(1);
});
