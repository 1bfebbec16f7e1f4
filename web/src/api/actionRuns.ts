import { queryOptions } from "@tanstack/react-query";
import { api, data } from "./client";
import { within, type ActionRunState, type Scope } from "./types";

export interface ActionRunFilter {
  status?: ActionRunState["status"];
  /** Key of the action. */
  component_id?: string;
  external_user_id?: string;
  /** By which door it was asked for. */
  via?: "api" | "mcp" | "workflow";
  /** Of the client, program or workflow's run. */
  caller_id?: string;
  after?: string;
  limit?: number;
}

export function listActionRuns(scope: Scope, query: ActionRunFilter) {
  return data(api.GET("/connect/{project_id}/action_runs", { params: { ...within(scope), query } }));
}

const ofRun = (scope: Scope, id: string) => ({ ...within(scope), path: { project_id: scope.projectId, action_run_id: id } });

/** A run with its outcome and log, watched until it is over. */
export function actionRunQuery(scope: Scope, id: string) {
  return queryOptions({
    queryKey: ["action_runs", scope, "one", id],
    queryFn: () => data(api.GET("/connect/{project_id}/action_runs/{action_run_id}", { params: ofRun(scope, id) })),
    refetchInterval: (q) => (q.state.data && !underWay(q.state.data.run) ? false : 1_000),
  });
}

export const underWay = (r: Pick<ActionRunState, "status">) => r.status === "queued" || r.status === "running";

export function cancelActionRun(scope: Scope, id: string) {
  return data(api.POST("/connect/{project_id}/action_runs/{action_run_id}/cancel", { params: ofRun(scope, id) }));
}
