import { queryOptions } from "@tanstack/react-query";
import { api, ApiError, data } from "./client";
import { listDataStores } from "./workflows";
import { never } from "@/lib/conflict";
import { within, type Instance, type Scope } from "./types";

const of = (scope: Scope, user: string, workflowId: string) => ({ ...within(scope), path: { project_id: scope.projectId, external_user_id: user, workflow_id: workflowId } });

export interface InstanceFilter {
  workflow_id?: string;
  external_user_id?: string;
  active?: boolean;
  after?: string;
  limit?: number;
}

export function listInstances(scope: Scope, query: InstanceFilter) {
  return data(api.GET("/connect/{project_id}/instances", { params: { ...within(scope), query } }));
}

export function instanceQuery(scope: Scope, user: string, workflowId: string) {
  return queryOptions({ queryKey: ["instances", scope, "one", user, workflowId], queryFn: () => data(api.GET("/connect/{project_id}/users/{external_user_id}/instances/{workflow_id}", { params: of(scope, user, workflowId) })) });
}

/** Makes what a user has of a workflow, or replaces it. */
export function putInstance(scope: Scope, user: string, workflowId: string, body: Pick<Instance, "active" | "config" | "account_map">, unchanged_since: string) {
  return data(api.PUT("/connect/{project_id}/users/{external_user_id}/instances/{workflow_id}", { params: { ...of(scope, user, workflowId), query: { unchanged_since } }, body }));
}

/** Makes one where there is none, and leaves alone what is there. */
export async function makeInstance(scope: Scope, user: string, workflowId: string) {
  try {
    return await data(api.GET("/connect/{project_id}/users/{external_user_id}/instances/{workflow_id}", { params: of(scope, user, workflowId) }));
  } catch (e) {
    if (!(e instanceof ApiError) || e.code !== "instance_not_found") throw e;
    return putInstance(scope, user, workflowId, { active: true, config: {}, account_map: {} }, never);
  }
}

export function removeInstance(scope: Scope, user: string, workflowId: string) {
  return data(api.DELETE("/connect/{project_id}/users/{external_user_id}/instances/{workflow_id}", { params: of(scope, user, workflowId) }));
}

/** The store of an instance; null while nothing was kept in it. */
export function instanceStoreQuery(scope: Scope, id: string) {
  return queryOptions({ queryKey: ["data_stores", scope, "of instance", id], queryFn: () => listDataStores(scope, { scope: "instance", subject: id }).then((p) => p.data[0] ?? null) });
}

/** When the schedules of a workflow are due for one user. */
export function dueForQuery(scope: Scope, user: string, workflowId: string) {
  return queryOptions({
    queryKey: ["workflows", scope.projectId, "triggers", workflowId, user],
    queryFn: () => data(api.GET("/projects/{project_id}/workflows/{workflow_id}/triggers", { params: { path: { project_id: scope.projectId, workflow_id: workflowId }, query: { external_user_id: user } } })).then((b) => b.data.filter((t) => t.type === "schedule" && t.environment === scope.environment)),
    refetchInterval: 60_000,
  });
}
