import { expect, it } from "vitest";
import type { AccountHealth } from "@/api/types";
import { timeline } from "./health";

const at = (minute: number) => `2026-05-01T12:${String(minute).padStart(2, "0")}:00Z`;
const attempt = (minute: number, outcome: string, http_status: number | null = null, provider_code: string | null = null) => ({ started_at: at(minute), finished_at: at(minute), outcome, http_status, provider_code });
const health = (over: Partial<AccountHealth>): AccountHealth => ({ state: "healthy", cause: null, error: null, since: at(0), expires_at: null, last_refreshed_at: null, next_refresh_at: null, history: [], attempts: [], ...over });

it("tells what happened, newest first, and refreshes that went the same way as one", () => {
  const told = timeline(
    health({
      history: [
        { state: "healthy", cause: null, error: null, created_at: at(40) },
        { state: "degraded", cause: "provider_unreachable", error: "The provider did not answer the refresh.", created_at: at(33) },
      ],
      attempts: [attempt(40, "ok"), attempt(33, "transient", 503, "busy"), attempt(32, "transient", 503, "busy"), attempt(31, "transient", 503, "busy"), attempt(20, "ok"), attempt(10, "ok")],
    }),
  );
  expect(told.map((m) => m.title)).toEqual(["Healthy again", "Refreshed", "Became degraded", "3 refreshes failed", "Refreshed 2 times"]);
  expect(told[2]).toMatchObject({ kind: "warn", text: "The provider did not answer the refresh." });
  expect(told[3]).toMatchObject({ answer: "HTTP 503 · busy", at: at(33), from: at(31) });
  expect(told[4]).toMatchObject({ at: at(20), from: at(10) });
});

it("keeps failures of different kinds apart, and has a word for each outcome", () => {
  const told = timeline(health({ attempts: ["reauth", "throttled", "fenced", "fenced", "abandoned", "running", "something_new"].map((o, i) => attempt(30 - i, o)) }));
  expect(told.map((m) => [m.title, m.text])).toEqual([
    ["A refresh failed", "The provider no longer accepts the connection."],
    ["A refresh failed", "The provider asks for fewer requests."],
    ["2 refreshes were not needed", "Another token had come meanwhile."],
    ["A refresh broke off", "The process that made it stopped. Another one took over."],
    ["Refreshing now", undefined],
    ["A refresh failed", "something new"],
  ]);
  expect(timeline(health({}))).toEqual([]);
});
