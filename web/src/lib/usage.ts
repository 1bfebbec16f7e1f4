import type { Schemas } from "@/api/types";

export type Counts = Schemas["UsageCounts"];
export type UsageGroup = Schemas["UsageGroup"];
export type Kind = Exclude<keyof Counts, "duration_ms">;
export type GroupBy = "day" | "user" | "app" | "workflow" | "trigger";

/** What is counted, in the order in which it is shown. */
export const kinds: Record<Kind, string> = {
  connects: "Connects",
  action_runs: "Action runs",
  proxy_calls: "Proxy calls",
  trigger_events: "Trigger events",
  deliveries: "Deliveries",
  workflow_runs: "Workflow runs",
  credits: "Credits",
};
export const kindOf = (v: string | undefined): Kind => (v !== undefined && v in kinds ? (v as Kind) : "action_runs");

export const groupings: Record<GroupBy, string> = { day: "Day", user: "User", app: "App", workflow: "Workflow", trigger: "Trigger" };
export const groupingOf = (v: string | undefined): GroupBy => (v !== undefined && v in groupings ? (v as GroupBy) : "day");

/** How many days back, by the words for it. */
export const spans: Record<string, string> = { "7": "7 days", "30": "30 days", "90": "90 days", "365": "12 months" };
export const spanOf = (v: string | undefined): string => (v !== undefined && v in spans ? v : "30");

const day = 86_400_000;
const name = (at: number) => new Date(at).toISOString().slice(0, 10);

/** The first and the last day of a span that ends today, in UTC as they are counted. */
export function daysOf(span: string, now: number): { from: string; to: string } {
  return { from: name(now - (Number(span) - 1) * day), to: name(now) };
}

/** A column for a chart: every day of the period, those on which nothing was used among them. Midnight is the reader's own, so that a day has its name. */
export function everyDay(groups: UsageGroup[], kind: Kind, from: string, to: string): [times: number[], counts: number[]] {
  const used = new Map(groups.map((g) => [g.key, g.counts[kind]]));
  const times: number[] = [], counts: number[] = [];
  for (let at = Date.parse(from); at <= Date.parse(to); at += day) {
    times.push(Date.parse(`${name(at)}T00:00:00`) / 1000);
    counts.push(used.get(name(at)) ?? 0);
  }
  return [times, counts];
}
