import { CircleCheck, CircleX, TriangleAlert, type LucideIcon } from "lucide-react";
import type { Account, AccountState, ActionRunState, Delivery, Emitter, ProxyRequest, Run, RunStep } from "@/api/types";
import { runStatuses } from "@/lib/runs";
import { Badge, type Tone } from "./ui/badge";

/** Dead wins: such an account is not tried again until its user reconnects it. */
export function health(a: Pick<Account, "healthy" | "dead">): AccountState {
  if (a.dead) return "dead";
  return a.healthy ? "healthy" : "degraded";
}

const healthTone: Record<AccountState, [Tone, string, LucideIcon]> = {
  healthy: ["good", "Healthy", CircleCheck],
  degraded: ["warn", "Degraded", TriangleAlert],
  dead: ["bad", "Dead", CircleX],
};

export const healthWord = (s: AccountState) => healthTone[s][1];

export function HealthBadge({ account }: { account: Pick<Account, "healthy" | "dead"> }) {
  const [tone, word, Icon] = healthTone[health(account)];
  return (
    <Badge tone={tone}>
      <Icon className="size-3" aria-hidden />
      {word}
    </Badge>
  );
}

const runTone: Record<Run["status"], Tone> = {
  queued: "neutral",
  running: "info",
  waiting: "info",
  succeeded: "good",
  retrying: "warn",
  ended_early: "neutral",
  failed: "bad",
  canceled: "neutral",
  dead_lettered: "bad",
};

export function RunBadge({ status }: { status: Run["status"] }) {
  return (
    <Badge tone={runTone[status]} dot pulse={status === "running"}>
      {runStatuses[status]}
    </Badge>
  );
}

export const live = (r: Pick<Run, "status"> | undefined) => r !== undefined && ["queued", "running", "waiting"].includes(r.status);

const actionRunTone: Record<ActionRunState["status"], [Tone, string]> = {
  queued: ["neutral", "Queued"],
  running: ["info", "Running"],
  succeeded: ["good", "Succeeded"],
  failed: ["bad", "Failed"],
  canceled: ["neutral", "Cancelled"],
  unknown: ["warn", "Not known"],
};

export const actionRunWords = Object.entries(actionRunTone).map(([value, [, label]]) => ({ value, label }));

export function ActionRunBadge({ status }: { status: ActionRunState["status"] }) {
  const [tone, word] = actionRunTone[status];
  return (
    <Badge tone={tone} dot pulse={status === "running"}>
      {word}
    </Badge>
  );
}

const stepTone: Record<RunStep["status"], [Tone, string]> = {
  pending: ["neutral", "Not reached"],
  running: ["info", "Running"],
  waiting: ["info", "Waiting"],
  succeeded: ["good", "Succeeded"],
  failed: ["bad", "Failed"],
  ended_early: ["neutral", "Ended the run"],
  canceled: ["neutral", "Canceled"],
  skipped: ["neutral", "Skipped"],
};

export function StepBadge({ status }: { status: RunStep["status"] }) {
  const [tone, word] = stepTone[status];
  return <Badge tone={tone}>{word}</Badge>;
}

const deliveryTone: Record<Delivery["state"], [Tone, string]> = {
  pending: ["warn", "Pending"],
  sending: ["info", "Sending"],
  delivered: ["good", "Delivered"],
  exhausted: ["bad", "Given up"],
  discarded: ["neutral", "Discarded"],
};

export function DeliveryBadge({ state }: { state: Delivery["state"] }) {
  const [tone, word] = deliveryTone[state];
  return (
    <Badge tone={tone} dot pulse={state === "sending"}>
      {word}
    </Badge>
  );
}

/** Whether a deployed trigger does what it is there for. */
export function TriggerBadge({ trigger: t, silent }: { trigger: Pick<Emitter, "active" | "polling">; silent?: boolean }) {
  if (!t.active) return t.polling?.paused_at ? <Badge tone="bad">Paused: it failed</Badge> : <Badge>Paused</Badge>;
  if (t.polling?.failing_since) return <Badge tone="bad">Failing</Badge>;
  return silent ? <Badge tone="warn">Silent</Badge> : <Badge tone="good">On</Badge>;
}

/** The HTTP status of an attempt, or the class of what kept it from getting one. */
export function AnswerBadge({ status, error }: { status: number | null; error: string | null }) {
  if (status !== null) return <Badge tone={status < 300 ? "good" : "bad"}>{status}</Badge>;
  return error ? <Badge tone="bad">{error.replaceAll("_", " ")}</Badge> : <span className="text-muted">—</span>;
}

/** What a proxied request was answered: the app's status, or ours with the code that says why. */
export function RequestBadge({ request: r }: { request: Pick<ProxyRequest, "status" | "error"> }) {
  return (
    <span className="inline-flex flex-wrap items-center gap-1.5">
      <Badge tone={r.status < 400 && !r.error ? "good" : r.status === 429 ? "warn" : "bad"}>{r.status}</Badge>
      {r.error && <span className="text-[0.8125rem] text-muted">{r.error.replaceAll("_", " ")}</span>}
    </span>
  );
}
