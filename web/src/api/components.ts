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
  /** What ships, or what is the workspace's own. */
  registry?: Component["registry"];
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

/** Runs an action and waits for what becomes of it; an answer before its end is for those who ask for one. */
export function runAction(scope: Scope, body: Schemas["ActionRun"]) {
  return data(api.POST("/connect/{project_id}/actions/run", { params: within(scope), body })) as Promise<Schemas["ActionOutcome"]>;
}

export function deployTrigger(scope: Scope, body: Schemas["TriggerDeploy"]) {
  return data(api.POST("/connect/{project_id}/triggers/deploy", { params: within(scope), body })).then((b) => b.data);
}

export interface TriggerFilter {
  external_user_id?: string;
  emitter_type?: "all" | "http" | "source";
  after?: string;
  limit?: number;
}

/** Deployed triggers of all types, unless one is named. */
export function listTriggers(scope: Scope, query: TriggerFilter) {
  return data(api.GET("/connect/{project_id}/deployed-triggers", { params: { ...within(scope), query: { emitter_type: "all", ...query } } }));
}

/** The parameters of every call about one deployed trigger. */
export const ofTrigger = (scope: Scope, externalUserId: string, triggerId: string) => ({ ...within(scope), path: { project_id: scope.projectId, trigger_id: triggerId }, query: { external_user_id: externalUserId } });

export function triggerQuery(scope: Scope, externalUserId: string, triggerId: string) {
  return queryOptions({
    queryKey: ["triggers", scope, "one", triggerId],
    queryFn: () => data(api.GET("/connect/{project_id}/deployed-triggers/{trigger_id}", { params: ofTrigger(scope, externalUserId, triggerId) })).then((b) => b.data),
    refetchInterval: 10_000,
  });
}

/** The workspace's own components; the same in all its projects. */
export const privateComponentsQuery = queryOptions({
  queryKey: ["private_components"],
  queryFn: () => data(api.GET("/private_components")).then((b) => b.data),
});

/** What follows ~/ in a key names the component. */
export function privateComponentQuery(name: string, version?: string) {
  return queryOptions({
    queryKey: ["private_components", name, version],
    queryFn: () => data(api.GET("/private_components/{component_name}", { params: { path: { component_name: name }, query: { version } } })),
  });
}

export const mcpServersQuery = queryOptions({
  queryKey: ["mcp_servers"],
  queryFn: () => data(api.GET("/mcp_servers")).then((b) => b.data),
});

export function mcpServerQuery(app: string) {
  return queryOptions({
    queryKey: ["mcp_servers", app],
    queryFn: () => data(api.GET("/mcp_servers/{app_id}", { params: { path: { app_id: app } } })),
  });
}

/** What a trigger emitted last, watched. */
export function triggerEventsQuery(scope: Scope, user: string, triggerId: string) {
  const params = ofTrigger(scope, user, triggerId);
  return queryOptions({
    queryKey: ["triggers", scope, "events", triggerId],
    queryFn: () => data(api.GET("/connect/{project_id}/deployed-triggers/{trigger_id}/events", { params: { ...params, query: { ...params.query, n: 50 } } })).then((b) => b.data),
    refetchInterval: 5_000,
  });
}

/** The workflows that a trigger starts. */
export function triggerWorkflowsQuery(scope: Scope, user: string, triggerId: string) {
  return queryOptions({
    queryKey: ["triggers", scope, "workflows", triggerId],
    queryFn: () => data(api.GET("/connect/{project_id}/deployed-triggers/{trigger_id}/pipelines", { params: ofTrigger(scope, user, triggerId) })).then((b) => b.workflow_ids),
  });
}
