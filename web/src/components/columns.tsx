import type { Account, ActionRunState, Delivery, Emitter, ProxyRequest, Run } from "@/api/types";
import { duration, interval } from "@/lib/time";
import { AppIcon } from "./AppIcon";
import type { Column } from "./ListTable";
import { ActionRunBadge, AnswerBadge, DeliveryBadge, HealthBadge, RequestBadge, RunBadge, TriggerBadge } from "./Status";
import { Time } from "./Time";
import { Id } from "./Copy";

/** The columns of the nouns that are listed on more than one page. */
export const accountColumns: Column<Account>[] = [
  {
    head: "Account",
    cell: (a) => (
      <span className="inline-flex min-w-0 items-center gap-2.5 align-middle">
        <AppIcon app={a.app} size={24} />
        <span className="min-w-0">
          <span className="block max-w-36 truncate sm:max-w-48">{a.name ?? a.app.name}</span>
          <span className="block max-w-36 truncate text-xs font-normal text-muted sm:max-w-48">
            {a.name ? a.app.name : "Not named by the app"}
            <span className="sm:hidden"> · {a.external_id}</span>
          </span>
        </span>
      </span>
    ),
  },
  { head: "Health", cell: (a) => <HealthBadge account={a} /> },
  { head: "User", from: "sm", cell: (a) => <span className="block max-w-44 truncate">{a.external_id}</span> },
  { head: "Id", from: "lg", cell: (a) => <Id id={a.id} short /> },
  { head: "Connected", from: "md", cell: (a) => <Time row at={a.created_at} /> },
];

function took(r: Run): string {
  if (!r.started_at || !r.finished_at) return "—";
  return duration(Date.parse(r.finished_at) - Date.parse(r.started_at));
}

export const runColumns: Column<Run>[] = [
  { head: "Workflow", cell: (r) => <span className="block max-w-40 truncate sm:max-w-56">{r.workflow_name}</span> },
  { head: "Status", cell: (r) => <RunBadge status={r.status} /> },
  { head: "User", from: "sm", cell: (r) => <span className="block max-w-44 truncate">{r.external_user_id ?? <span className="text-muted">none</span>}</span> },
  { head: "Version", from: "lg", cell: (r) => r.version, className: "tabular-nums" },
  { head: "Took", from: "md", cell: took, className: "tabular-nums whitespace-nowrap" },
  { head: "Id", from: "lg", cell: (r) => <Id id={r.id} short /> },
  { head: "Created", from: "sm", cell: (r) => <Time row at={r.created_at} /> },
];

/** When a delivery is tried. One whose time has come waits for its endpoint, and its time says no more. */
function Due({ at }: { at: string | null }) {
  return at && new Date(at) > new Date() ? <Time row at={at} /> : <span className="text-muted">when there is room</span>;
}

export const deliveryColumns: Column<Delivery>[] = [
  { head: "Event", cell: (d) => <code className="text-[0.8125rem] [overflow-wrap:anywhere] sm:whitespace-nowrap">{d.event_type}</code> },
  { head: "State", cell: (d) => <DeliveryBadge state={d.state} /> },
  { head: "Last answer", from: "sm", cell: (d) => <AnswerBadge status={d.last_status} error={d.last_error} /> },
  { head: "Attempts", from: "lg", cell: (d) => d.attempts, className: "tabular-nums" },
  { head: "Endpoint", from: "md", cell: (d) => <span className="block max-w-40 truncate" title={d.url}>{d.url.replace(/^https?:\/\//, "")}</span> },
  { head: "User", from: "lg", cell: (d) => <span className="block max-w-32 truncate">{d.external_user_id}</span> },
  { head: "Created", from: "sm", cell: (d) => <Time row at={d.created_at} /> },
  {
    head: "Next attempt",
    from: "lg",
    cell: (d) => (d.state === "pending" ? <Due at={d.next_attempt_at} /> : <span className="text-muted">—</span>),
  },
];

export const requestColumns: Column<ProxyRequest>[] = [
  {
    head: "Request",
    cell: (r) => (
      <span className="block max-w-56 truncate font-mono text-[0.8125rem] sm:max-w-80" title={`${r.method} ${r.host}${r.path}`}>
        <span className="text-muted">{r.method}</span> {r.host ? r.host + r.path : "nothing was sent"}
      </span>
    ),
  },
  { head: "Answer", cell: (r) => <RequestBadge request={r} /> },
  { head: "App", from: "md", cell: (r) => r.app || <span className="text-muted">—</span> },
  { head: "User", from: "lg", cell: (r) => <span className="block max-w-40 truncate">{r.external_user_id}</span> },
  { head: "Took", from: "sm", cell: (r) => duration(r.duration_ms), className: "tabular-nums whitespace-nowrap" },
  { head: "When", from: "sm", cell: (r) => <Time row at={r.created_at} /> },
];

export const triggerColumns: Column<Emitter>[] = [
  {
    head: "Trigger",
    cell: (t) => (
      <span className="block min-w-0">
        <span className="block break-all">{t.component_key}</span>
        <span className="block text-xs font-normal break-words text-muted">{t.name}</span>
      </span>
    ),
  },
  { head: "State", cell: (t) => <TriggerBadge trigger={t} /> },
  { head: "User", from: "sm", cell: (t) => <span className="block max-w-44 truncate">{t.external_user_id}</span> },
  { head: "How", from: "md", cell: (t) => <span className="text-muted">{t.endpoint_url ? "Has an address" : t.polling && t.polling.interval_seconds > 0 ? `Looks every ${interval(t.polling.interval_seconds)}` : "The app tells it"}</span> },
  { head: "Last look", from: "lg", cell: (t) => (t.polling?.last_at ? <Time row at={t.polling.last_at} /> : <span className="text-muted">—</span>) },
  { head: "Since", from: "md", cell: (t) => <Time row at={new Date(t.created_at).toISOString()} /> },
];

export const actionRunColumns: Column<ActionRunState>[] = [
  { head: "Action", cell: (r) => <span className="break-all">{r.component_id}</span> },
  { head: "Status", cell: (r) => <ActionRunBadge status={r.status} /> },
  { head: "User", from: "sm", cell: (r) => <span className="block max-w-44 truncate">{r.external_user_id}</span> },
  { head: "What was wrong", from: "lg", cell: (r) => (r.error ? <span className="line-clamp-2 max-w-64 text-muted">{r.error.message}</span> : <span className="text-muted">—</span>) },
  { head: "Took", from: "md", cell: (r) => (r.duration_ms === null ? "—" : duration(r.duration_ms)), className: "tabular-nums whitespace-nowrap" },
  { head: "When", from: "sm", cell: (r) => <Time row at={r.created_at} /> },
];
