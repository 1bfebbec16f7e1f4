import { queryOptions } from "@tanstack/react-query";
import { listApps } from "./calls";
import { api, data } from "./client";
import { within, type Component, type Schemas, type Scope } from "./types";

/** What can be done with apps, and what can be heard from them. */
export interface ComponentFilter {
  component_type?: Component["component_type"];
  q?: string;
  /** Slug or id. */
  app?: string;
  after?: string;
  limit?: number;
}

export function listComponents(scope: Scope, query: ComponentFilter) {
  return data(api.GET("/connect/{project_id}/components", { params: { ...within(scope), query } }));
}

export function componentQuery(scope: Scope, key: string) {
  return queryOptions({
    queryKey: ["components", scope, "one", key],
    queryFn: () => data(api.GET("/connect/{project_id}/components/{component_id}", { params: { ...within(scope), path: { project_id: scope.projectId, component_id: key } } })).then((b) => b.data),
    staleTime: 60_000,
  });
}

/** The apps with which something can be done, by slug. */
export const workingAppsQuery = queryOptions({
  queryKey: ["apps", "working"],
  queryFn: () => listApps({ has_components: "true", sort_key: "name", limit: 1000 }).then((p) => new Map(p.data.map((a) => [a.name_slug, a]))),
  staleTime: 300_000,
});

export function runAction(scope: Scope, body: Schemas["ActionRun"]) {
  return data(api.POST("/connect/{project_id}/actions/run", { params: within(scope), body }));
}

export function deployTrigger(scope: Scope, body: Schemas["TriggerDeploy"]) {
  return data(api.POST("/connect/{project_id}/triggers/deploy", { params: within(scope), body })).then((b) => b.data);
}
