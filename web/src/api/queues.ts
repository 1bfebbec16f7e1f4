import { queryOptions } from "@tanstack/react-query";
import { api, data } from "./client";
import { within, type Schemas, type Scope } from "./types";

const queue = (scope: Scope, id: string) => ({ ...within(scope), path: { project_id: scope.projectId, workflow_id: id } });

/** What waits, watched. */
export function queuesQuery(scope: Scope) {
  return queryOptions({ queryKey: ["queues", scope], queryFn: () => data(api.GET("/projects/{project_id}/run_queues", { params: within(scope) })).then((b) => b.data), refetchInterval: 3_000 });
}

export function queueQuery(scope: Scope, workflowId: string) {
  return queryOptions({ queryKey: ["queues", scope, workflowId], queryFn: () => data(api.GET("/projects/{project_id}/run_queues/{workflow_id}", { params: queue(scope, workflowId) })), refetchInterval: 3_000 });
}

export function pauseQueue(scope: Scope, workflowId: string, reason: string) {
  return data(api.POST("/projects/{project_id}/run_queues/{workflow_id}/pause", { params: queue(scope, workflowId), body: reason ? { reason } : {} }));
}

export function resumeQueue(scope: Scope, workflowId: string) {
  return data(api.POST("/projects/{project_id}/run_queues/{workflow_id}/resume", { params: queue(scope, workflowId) }));
}

export function releaseQueue(scope: Scope, workflowId: string, key: string) {
  return data(api.POST("/projects/{project_id}/run_queues/{workflow_id}/release", { params: queue(scope, workflowId), body: { key } }));
}

/** Cancels what has not begun, of a user or a trigger or all of it. */
export function clearQueue(scope: Scope, workflowId: string, body: { external_user_id?: string; trigger?: string; until?: string }) {
  return data(api.POST("/projects/{project_id}/run_queues/{workflow_id}/clear", { params: queue(scope, workflowId), body }));
}

/** Steps that wait for somebody, watched. */
export function suspensionsQuery(scope: Scope, workflowId?: string) {
  return queryOptions({ queryKey: ["suspensions", scope, workflowId], queryFn: () => data(api.GET("/projects/{project_id}/run_suspensions", { params: { ...within(scope), query: { workflow_id: workflowId } } })).then((b) => b.data), refetchInterval: 5_000 });
}

export interface Decision {
  path: string;
  choice: "resume" | "cancel";
  approved?: boolean;
  data?: Schemas["RunStep"]["output"];
}

export function decide(scope: Scope, runId: string, body: Decision) {
  return data(api.POST("/projects/{project_id}/runs/{run_id}/answer", { params: { ...within(scope), path: { project_id: scope.projectId, run_id: runId } }, body }));
}

const trigger = (scope: Scope, workflowId: string, name: string) => ({ path: { project_id: scope.projectId, workflow_id: workflowId, trigger_name: name } });

/** What starts the running version, watched. */
export function liveTriggersQuery(scope: Scope, workflowId: string) {
  return queryOptions({
    queryKey: ["workflows", scope.projectId, "triggers", workflowId],
    queryFn: () => data(api.GET("/projects/{project_id}/workflows/{workflow_id}/triggers", { params: { path: { project_id: scope.projectId, workflow_id: workflowId } } })).then((b) => b.data),
    refetchInterval: 15_000,
  });
}

export function firingsQuery(scope: Scope, workflowId: string, name: string) {
  return queryOptions({
    queryKey: ["workflows", scope.projectId, "firings", workflowId, name],
    queryFn: () => data(api.GET("/projects/{project_id}/workflows/{workflow_id}/triggers/{trigger_name}/firings", { params: trigger(scope, workflowId, name) })).then((b) => b.data),
    refetchInterval: 15_000,
  });
}

export function switchTrigger(scope: Scope, workflowId: string, name: string, active: boolean) {
  return data(api.PATCH("/projects/{project_id}/workflows/{workflow_id}/triggers/{trigger_name}", { params: trigger(scope, workflowId, name), body: { active } }));
}

export function fireTrigger(scope: Scope, workflowId: string, name: string, user: string) {
  return data(api.POST("/projects/{project_id}/workflows/{workflow_id}/triggers/{trigger_name}/run", { params: trigger(scope, workflowId, name), body: user ? { external_user_id: user } : {} }));
}

/** When a schedule would be due, asked of the server, which alone knows its rules. */
export function dueQuery(projectId: string, body: { cron?: string; time_zone?: string; every?: string }) {
  return queryOptions({
    queryKey: ["schedule_preview", projectId, body],
    queryFn: () => data(api.POST("/projects/{project_id}/schedules/preview", { params: { path: { project_id: projectId } }, body })).then((b) => b.data),
    staleTime: 30_000,
    retry: false,
  });
}
