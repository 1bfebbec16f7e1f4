import type { Schemas } from "@/api/types";

export type Limits = Schemas["ProjectLimits"];
export type Limit = Schemas["ProjectLimit"];
export type Quota = Schemas["ProjectQuota"];
export type Rate = Schemas["Rate"];
export type Wish = Schemas["ProjectLimitsWish"];

export const quotaKinds: Record<Quota["kind"], string> = {
  connect: "Connects",
  action_run: "Action runs",
  proxy_call: "Proxy calls",
  trigger_event: "Trigger events",
  delivery: "Deliveries",
  workflow_run: "Workflow runs",
  credit: "Credits",
};

/** What can be refused: what an app sent, and what is told of it, would be lost. */
export const refusable = (kind: Quota["kind"]) => kind !== "trigger_event" && kind !== "delivery";

export function rateWords(r: Rate | null): string {
  if (!r) return "no limit";
  const [n, unit] = r.window_seconds % 3600 === 0 ? [r.window_seconds / 3600, "h"] : r.window_seconds % 60 === 0 ? [r.window_seconds / 60, "min"] : [r.window_seconds, "s"];
  return `${r.requests.toLocaleString("en")} in ${n} ${unit}`;
}

/** How much of a quota is used, in whole percent. */
export const fullness = (q: Quota) => (q.most === 0 ? 100 : Math.min(100, Math.floor((q.used * 100) / q.most)));

/** What a project has of its own, as it is sent: all of it, with one thing changed. */
export function wish(l: Limits, change: { limit?: { name: Limit["name"]; rate: Rate | null }; quota?: { kind: Quota["kind"]; most: number | null; at_full: Quota["at_full"] } }): Wish {
  const limits = l.limits.flatMap((x) => (x.own && x.name !== change.limit?.name ? [{ name: x.name, rate: x.own }] : []));
  if (change.limit?.rate) limits.push({ name: change.limit.name, rate: change.limit.rate });
  const quotas = l.quotas.flatMap((q) => (q.of === "project" && q.kind !== change.quota?.kind ? [{ kind: q.kind, most: q.most, at_full: q.at_full }] : []));
  if (change.quota && change.quota.most !== null) quotas.push({ kind: change.quota.kind, most: change.quota.most, at_full: change.quota.at_full });
  return { limits, quotas };
}
