import { queryOptions } from "@tanstack/react-query";
import { listRuns } from "@/api/calls";
import { api, data } from "@/api/client";
import { within, type RunDetail, type Scope } from "@/api/types";
import type { Doc } from "@/lib/flow/tree";
import { live } from "../Status";
import type { Past } from "./useFlow";

/** How often a run is asked for, in milliseconds, while it is under way and after. */
const pace = (run: RunDetail | null | undefined, after: number | false) => (live(run?.run) ? 1_000 : after);

export function runDetail(scope: Scope, id: string) {
  return data(api.GET("/projects/{project_id}/runs/{run_id}", { params: { ...within(scope), path: { project_id: scope.projectId, run_id: id } } }));
}

/** The last run of a workflow in full: what its editor knows of values. */
export function lastRunQuery(scope: Scope, workflowId: string) {
  return queryOptions({
    queryKey: ["runs", scope, { workflow: workflowId, last: true }],
    queryFn: async () => {
      const { data: last } = await listRuns(scope, { workflow_id: workflowId, limit: 1 });
      return last[0] ? runDetail(scope, last[0].id) : null;
    },
    staleTime: 0, // it may have run since one was here
    refetchInterval: (q) => pace(q.state.data, 10_000),
  });
}

/** One run in full, watched to its end. */
export function runQuery(scope: Scope, id: string) {
  return queryOptions({ queryKey: ["runs", scope, "values", id], queryFn: () => runDetail(scope, id), refetchInterval: (q) => pace(q.state.data, false) });
}

/** What a run says of each step, by name; of one that was done for many items, the last. */
export function pastOf(run: RunDetail | null | undefined, base: Doc): Past | undefined {
  if (!run) return undefined;
  const results = Object.fromEntries(run.steps.map((s) => [s.name, { status: s.status, input: s.input, output: s.output, error: s.error, ms: s.duration_ms }]));
  return { base, trigger: run.input, results };
}
