import type { RunFilter } from "@/api/calls";
import type { RunStatus, Schemas } from "@/api/types";

export const runStatuses: Record<RunStatus, string> = {
  queued: "Queued",
  running: "Running",
  waiting: "Waiting",
  retrying: "Retrying",
  succeeded: "Succeeded",
  ended_early: "Ended early",
  failed: "Failed",
  canceled: "Cancelled",
  dead_lettered: "Dead letter",
};

export const periods: Record<string, { label: string; hours: number }> = { "1h": { label: "Last hour", hours: 1 }, "24h": { label: "Last 24 hours", hours: 24 }, "7d": { label: "Last 7 days", hours: 168 } };

const time = (v: string | undefined) => (v && !Number.isNaN(Date.parse(v)) ? v : undefined);

/** The filter that an address names. It may hold anything: what is no filter is left out. */
export function runFilter(search: Record<string, string | undefined>, now = Date.now()): Omit<RunFilter, "after" | "limit"> {
  const hours = periods[search.period ?? ""]?.hours;
  // By the minute, so that the same address asks for the same for a while.
  const since = hours ? new Date(Math.floor(now / 60_000) * 60_000 - hours * 3_600_000).toISOString() : time(search.since);
  const all = {
    status: search.status && search.status in runStatuses ? (search.status as RunStatus) : undefined,
    workflow_id: search.workflow,
    external_user_id: search.user,
    error_code: search.code,
    text: search.text,
    since,
    until: time(search.until),
    replay_of: search.replay_of,
    parent_id: search.parent,
    trigger: search.trigger,
  };
  return Object.fromEntries(Object.entries(all).filter(([, v]) => v !== undefined && v !== ""));
}

/** What is followed of the runs of a filter. What a stream does not filter by is read anew with the list. */
export function streamPath(filter: Omit<RunFilter, "after" | "limit">): string {
  const { workflow_id, external_user_id } = filter;
  const query = new URLSearchParams(Object.entries({ workflow_id, external_user_id }).filter((e): e is [string, string] => e[1] !== undefined)).toString();
  return `runs/stream${query && `?${query}`}`;
}

export interface Column {
  start: string;
  good: number;
  bad: number;
  other: number;
}

const good = new Set<RunStatus>(["succeeded", "ended_early"]);
const bad = new Set<RunStatus>(["failed", "dead_lettered"]);

/** Counts as columns of an hour each, the last of which is the present one; none is left out. */
export function columns(counts: Schemas["RunCount"][], now: number, hours: number): Column[] {
  const hour = 3_600_000;
  const last = Math.floor(now / hour) * hour;
  const all = Array.from({ length: hours }, (_, i): Column => ({ start: new Date(last - (hours - 1 - i) * hour).toISOString(), good: 0, bad: 0, other: 0 }));
  for (const c of counts) {
    const at = all[hours - 1 - Math.round((last - Date.parse(c.start)) / hour)];
    if (at) at[good.has(c.status) ? "good" : bad.has(c.status) ? "bad" : "other"] += c.count;
  }
  return all;
}
