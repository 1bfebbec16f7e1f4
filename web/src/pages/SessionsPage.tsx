import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Footprints } from "lucide-react";
import { useCallback } from "react";
import { listConnectSessions } from "@/api/calls";
import { api, data } from "@/api/client";
import { within, type ConnectSession } from "@/api/types";
import { Empty, NoMatch } from "@/components/Empty";
import { Filters, TextFilter } from "@/components/Filters";
import { ListTable, type Column } from "@/components/ListTable";
import { PageHead } from "@/components/PageHead";
import { SessionFunnel } from "@/components/SessionFunnel";
import { Time } from "@/components/Time";
import { Badge } from "@/components/ui/badge";
import { Select } from "@/components/ui/select";
import { useFilters, usePages, useScope } from "@/lib/hooks";
import { reached, statuses } from "@/lib/sessions";
import { duration } from "@/lib/time";
import { paths } from "@/paths";

const spans: Record<string, [string, number]> = { day: ["Last day", 86_400_000], week: ["Last 7 days", 7 * 86_400_000], month: ["Last 30 days", 30 * 86_400_000] };

/** When a span of time began, to the minute, so that a list that refreshes itself stays the same list. */
function since(span: string | undefined): string | undefined {
  const length = span ? spans[span]?.[1] : undefined;
  return length === undefined ? undefined : new Date(Math.floor((Date.now() - length) / 60_000) * 60_000).toISOString();
}

const columns: Column<ConnectSession>[] = [
  { head: "User", cell: (s) => <span className="block max-w-44 truncate">{s.external_user_id}</span> },
  { head: "App", from: "sm", cell: (s) => s.app || <span className="text-muted">none picked</span> },
  {
    head: "Outcome",
    cell: (s) => (
      <span className="flex flex-wrap items-center gap-1.5">
        <Badge tone={statuses[s.status].tone} dot pulse={s.status === "open"}>
          {statuses[s.status].label}
        </Badge>
        {s.code && <code className="text-xs break-all text-muted">{s.code}</code>}
      </span>
    ),
  },
  { head: "Came as far as", from: "md", cell: (s) => reached(s.reached) },
  { head: "Took", from: "lg", cell: (s) => <span className="tabular-nums">{duration(Date.parse(s.updated_at) - Date.parse(s.created_at))}</span> },
  { head: "Opened", from: "sm", cell: (s) => <Time row at={s.created_at} /> },
];

/** Every opening of the connect page: how many came through, and where the others stopped. */
export function SessionsPage() {
  const scope = useScope();
  const [{ status, app, user, code, when }, setFilters] = useFilters();
  const wanted = status && status in statuses ? (status as ConnectSession["status"]) : undefined;
  const span = when && when in spans ? when : undefined;
  const query = { app: app || undefined, external_user_id: user || undefined, from: since(span) };
  const sessions = usePages(["connect_sessions", scope, { wanted, app, user, code, span }], (after, limit) => listConnectSessions(scope, { ...query, status: wanted, code: code || undefined, after, limit }), 10_000);
  const funnel = useQuery({
    queryKey: ["connect_funnel", scope, { app, user, span }],
    queryFn: () => data(api.GET("/projects/{project_id}/connect_sessions/funnel", { params: { ...within(scope), query } })),
    placeholderData: keepPreviousData,
    refetchInterval: 10_000,
  });
  const byApp = useCallback((v: string) => setFilters({ app: v }), [setFilters]);
  const byUser = useCallback((v: string) => setFilters({ user: v }), [setFilters]);
  const byCode = useCallback((v: string) => setFilters({ code: v }), [setFilters]);
  const filtered = wanted || app || user || code || span;
  const clear = () => setFilters({ status: undefined, app: undefined, user: undefined, code: undefined, when: undefined });
  return (
    <>
      <PageHead title="Connect sessions" text="Every opening of the connect page, step by step. Nothing that a user typed in is kept." />
      <Filters clear={filtered ? clear : undefined}>
        <Select label="Outcome" value={wanted ?? ""} onChange={(v) => setFilters({ status: v })} options={[{ value: "", label: "Any outcome" }, ...Object.entries(statuses).map(([value, s]) => ({ value, label: s.label }))]} className="w-40" />
        <Select label="Time" value={span ?? ""} onChange={(v) => setFilters({ when: v })} options={[{ value: "", label: "Any time" }, ...Object.entries(spans).map(([value, [label]]) => ({ value, label }))]} className="w-36" />
        <TextFilter label="App" value={app ?? ""} onChange={byApp} className="w-36 max-sm:w-full" />
        <TextFilter label="User" value={user ?? ""} onChange={byUser} className="w-40 max-sm:w-full" />
        <TextFilter label="Error code" value={code ?? ""} onChange={byCode} className="w-44 max-sm:w-full" />
      </Filters>
      {funnel.data && funnel.data.total.opened > 0 && <SessionFunnel funnel={funnel.data} byCode={byCode} />}
      <ListTable
        views="sessions"
        label="Connect sessions"
        query={sessions}
        columns={columns}
        rowKey={(s) => s.id}
        place={(s) => paths.session(scope, s.id)}
        empty={
          filtered ? (
            <NoMatch clear={clear} />
          ) : (
            <Empty icon={Footprints} title="No sessions yet">
              When a user opens the connect page, what happens there is listed here: how far they came, and by what it ended.
            </Empty>
          )
        }
      />
    </>
  );
}
