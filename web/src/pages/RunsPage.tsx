import { useQuery } from "@tanstack/react-query";
import { Activity } from "lucide-react";
import { useCallback, useMemo } from "react";
import { listRuns, runCountsQuery, workflowsQuery } from "@/api/calls";
import { runColumns } from "@/components/columns";
import { Empty, NoMatch } from "@/components/Empty";
import { Filters, TextFilter } from "@/components/Filters";
import { ListTable } from "@/components/ListTable";
import { PageHead } from "@/components/PageHead";
import { RunReplayCard } from "@/components/ReplayCard";
import { RunChart } from "@/components/RunChart";
import { RunsActions } from "@/components/RunsActions";
import { Badge } from "@/components/ui/badge";
import { Select } from "@/components/ui/select";
import { useFilters, usePages, useScope } from "@/lib/hooks";
import { periods, runFilter, runStatuses, streamPath } from "@/lib/runs";
import { useRunStream } from "@/lib/useRunStream";
import { paths } from "@/paths";

/** Every run, found by what is known of it, as it goes. */
export function RunsPage() {
  const scope = useScope();
  const [search, setFilters] = useFilters();
  const filter = useMemo(() => runFilter(search), [search]);
  const standing = useRunStream(scope, streamPath(filter));
  const every = standing ? false : 5_000;
  const runs = usePages(["runs", scope, filter], (after, limit) => listRuns(scope, { ...filter, after, limit }), every);
  const counts = useQuery({ ...runCountsQuery(scope, filter), refetchInterval: standing ? 30_000 : 15_000 });
  const workflows = useQuery(workflowsQuery(scope));
  const set = useCallback((key: string) => (v: string) => setFilters({ [key]: v }), [setFilters]);
  const byUser = useCallback((v: string) => setFilters({ user: v }), [setFilters]);
  const byCode = useCallback((v: string) => setFilters({ code: v }), [setFilters]);
  const byText = useCallback((v: string) => setFilters({ text: v.length > 1 ? v : undefined }), [setFilters]);
  const filtered = Object.keys(filter).length > 0;
  const clear = () => setFilters(Object.fromEntries(["status", "workflow", "user", "code", "text", "period", "since", "until", "replay_of", "parent", "trigger"].map((k) => [k, undefined])));
  const options = [{ value: "", label: "All workflows" }, ...(workflows.data?.data ?? []).map((w) => ({ value: w.id, label: w.name }))];
  if (search.workflow && !options.some((o) => o.value === search.workflow)) options.push({ value: search.workflow, label: search.workflow });
  return (
    <>
      <PageHead
        title="Runs"
        badge={
          standing && (
            <Badge tone="good" dot>
              Live
            </Badge>
          )
        }
        text="Newest first; the list follows them as they go."
        actions={<RunsActions filter={filter} />}
      />
      <RunReplayCard scope={scope} />
      <RunChart counts={counts.data?.data ?? []} choose={(since, until) => setFilters({ since, until, period: undefined })} />
      <Filters clear={filtered ? clear : undefined}>
        <Select label="Status" value={filter.status ?? ""} onChange={set("status")} options={[{ value: "", label: "All statuses" }, ...Object.entries(runStatuses).map(([value, label]) => ({ value, label }))]} className="w-40" />
        <Select label="Workflow" value={search.workflow ?? ""} onChange={set("workflow")} options={options} className="w-48" />
        <Select label="Time" value={search.period ?? ""} onChange={(v) => setFilters({ period: v, since: undefined, until: undefined })} options={[{ value: "", label: search.since ? "Chosen time" : "Any time" }, ...Object.entries(periods).map(([value, { label }]) => ({ value, label }))]} className="w-36" />
        <TextFilter label="Exact external user id" value={search.user ?? ""} onChange={byUser} />
        <TextFilter label="Error code" value={search.code ?? ""} onChange={byCode} className="w-40 max-sm:w-full" />
        <TextFilter label="Text in it" value={search.text ?? ""} onChange={byText} className="w-40 max-sm:w-full" />
      </Filters>
      <ListTable
        views="runs"
        label="Runs"
        query={runs}
        columns={runColumns}
        rowKey={(r) => r.id}
        place={(r) => paths.run(scope, r.id)}
        empty={
          filtered ? (
            <NoMatch clear={clear} />
          ) : (
            <Empty icon={Activity} title="No runs yet">
              Each call of a deployed workflow is a run. Its page shows every step with what went in, what came out and how long it took.
            </Empty>
          )
        }
      />
    </>
  );
}
