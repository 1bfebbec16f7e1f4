import { useQuery } from "@tanstack/react-query";
import { Activity } from "lucide-react";
import { useCallback } from "react";
import { listRuns, workflowsQuery } from "@/api/calls";
import type { RunStatus } from "@/api/types";
import { runColumns } from "@/components/columns";
import { Empty, NoMatch } from "@/components/Empty";
import { Filters, TextFilter } from "@/components/Filters";
import { ListTable } from "@/components/ListTable";
import { PageHead } from "@/components/PageHead";
import { Select } from "@/components/ui/select";
import { useFilters, usePages, useScope } from "@/lib/hooks";
import { paths } from "@/paths";

const statuses: Record<RunStatus, string> = { queued: "Queued", running: "Running", waiting: "Waiting", succeeded: "Succeeded", retrying: "Retrying", ended_early: "Ended early", failed: "Failed", canceled: "Canceled", dead_lettered: "Given up" };

export function RunsPage() {
  const scope = useScope();
  const [{ status, workflow, user }, setFilters] = useFilters();
  // The address may hold anything; what is no status filters nothing.
  const wanted = status && status in statuses ? (status as RunStatus) : undefined;
  const runs = usePages(
    ["runs", scope, { wanted, workflow, user }],
    (after) => listRuns(scope, { status: wanted, workflow_id: workflow, external_user_id: user, after }),
    5_000,
  );
  const workflows = useQuery(workflowsQuery(scope));
  const byUser = useCallback((v: string) => setFilters({ user: v }), [setFilters]);
  const filtered = wanted || workflow || user;
  const clear = () => setFilters({ status: undefined, workflow: undefined, user: undefined });
  const options = [{ value: "", label: "All workflows" }, ...(workflows.data?.data ?? []).map((w) => ({ value: w.id, label: w.name }))];
  if (workflow && !options.some((o) => o.value === workflow)) options.push({ value: workflow, label: workflow });
  return (
    <>
      <PageHead title="Runs" text="Newest first; the list refreshes itself." />
      <Filters clear={filtered ? clear : undefined}>
        <Select label="Status" value={wanted ?? ""} onChange={(v) => setFilters({ status: v })} options={[{ value: "", label: "All statuses" }, ...Object.entries(statuses).map(([value, label]) => ({ value, label }))]} className="w-40" />
        <Select label="Workflow" value={workflow ?? ""} onChange={(v) => setFilters({ workflow: v })} options={options} className="w-48" />
        <TextFilter label="Exact external user id" value={user ?? ""} onChange={byUser} />
      </Filters>
      <ListTable
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
