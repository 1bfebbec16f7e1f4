import { queryOptions } from "@tanstack/react-query";
import { equal } from "@/lib/conflict";
import { api, changedMeanwhile, data } from "./client";
import type { Schemas, Scope, Workflow } from "./types";

const of = (scope: Scope, id: string) => ({ path: { project_id: scope.projectId, workflow_id: id } });

/** The last versions of a workflow, newest first. */
export function versionsQuery(scope: Scope, id: string) {
  return queryOptions({
    queryKey: ["workflows", scope.projectId, "versions", id],
    queryFn: () => data(api.GET("/projects/{project_id}/workflows/{workflow_id}/versions", { params: { ...of(scope, id), query: { limit: 200 } } })),
  });
}

/** A version with its definition, which never changes. */
export function versionQuery(scope: Scope, id: string, version: number) {
  return queryOptions({
    queryKey: ["workflow_version", scope.projectId, id, version],
    queryFn: () => data(api.GET("/projects/{project_id}/workflows/{workflow_id}/versions/{workflow_version}", { params: { path: { ...of(scope, id).path, workflow_version: version } } })),
    staleTime: Infinity,
    select: (v) => v.definition,
  });
}

/** What changed on the way from a version to another one, or to the draft. */
export function changesQuery(scope: Scope, id: string, from: number, to?: number) {
  return queryOptions({
    queryKey: ["workflows", scope.projectId, "diff", id, from, to],
    queryFn: () => data(api.GET("/projects/{project_id}/workflows/{workflow_id}/versions/{workflow_version}/diff", { params: { path: { ...of(scope, id).path, workflow_version: from }, query: { to } } })).then((d) => d.changes),
    staleTime: 0,
  });
}

/** How ready the draft is, as it would be deployed. */
export function readinessQuery(scope: Scope, id: string) {
  return queryOptions({
    queryKey: ["workflows", scope.projectId, "readiness", id],
    queryFn: () => data(api.GET("/projects/{project_id}/workflows/{workflow_id}/readiness", { params: { ...of(scope, id), query: { draft: true } } })),
    staleTime: 0,
  });
}

export function deployWorkflow(scope: Scope, id: string, message: string): Promise<Workflow> {
  return data(api.POST("/projects/{project_id}/workflows/{workflow_id}/deploy", { params: of(scope, id), body: message ? { message } : {} }));
}

/** Chooses what runs instead of what runs of `w`. A canary that is left out ends. */
export async function setRunning(scope: Scope, w: Workflow, body: Schemas["RunningVersion"], again = 3): Promise<Workflow> {
  try {
    return await data(api.PUT("/projects/{project_id}/workflows/{workflow_id}/running", { params: { ...of(scope, w.id), query: { unchanged_since: w.updated_at } }, body }));
  } catch (e) {
    if (again === 0 || !changedMeanwhile(e)) throw e;
    const now = await data(api.GET("/projects/{project_id}/workflows/{workflow_id}", { params: of(scope, w.id) }));
    // Somebody who saves a draft chooses nothing.
    if (!equal([now.version, now.canary], [w.version, w.canary])) throw e;
    return setRunning(scope, now, body, again - 1);
  }
}
