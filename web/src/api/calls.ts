import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api, data } from "./client";
import { within, type AccountState, type ConnectSession, type DeliveryFilter, type Run, type Scope } from "./types";

/** Calls that more than one page makes. Keys begin with the noun, so that a change refreshes every view of it. */
export const projectsQuery = queryOptions({
  queryKey: ["projects"],
  queryFn: () => data(api.GET("/connect/projects", { params: { query: { limit: 200 } } })),
});

export interface AccountFilter {
  app?: string;
  external_user_id?: string;
  state?: AccountState;
  after?: string;
  limit?: number;
}

export function listAccounts(scope: Scope, query: AccountFilter) {
  return data(api.GET("/connect/{project_id}/accounts", { params: { ...within(scope), query } }));
}

export function listMCPAuthorizations(scope: Scope, query: { external_user_id?: string; after?: string; limit?: number }) {
  return data(api.GET("/connect/{project_id}/mcp/authorizations", { params: { ...within(scope), query } }));
}

export interface RunFilter {
  workflow_id?: string;
  status?: Run["status"];
  external_user_id?: string;
  error_code?: string;
  /** What its input, its response or its error contains. */
  text?: string;
  trigger?: string;
  since?: string;
  until?: string;
  replay_of?: string;
  parent_id?: string;
  after?: string;
  limit?: number;
}

export function listRuns(scope: Scope, query: RunFilter) {
  return data(api.GET("/projects/{project_id}/runs", { params: { ...within(scope), query } }));
}

/** How many runs of a filter there were by hour, in the last day. */
export function runCountsQuery(scope: Scope, { workflow_id, external_user_id, error_code, trigger }: RunFilter) {
  const query = { workflow_id, external_user_id, error_code, trigger, bucket: "hour" as const };
  return queryOptions({ queryKey: ["runs", scope, "counts", query], queryFn: () => data(api.GET("/projects/{project_id}/runs/counts", { params: { ...within(scope), query } })) });
}

export interface DeliveryQuery extends Omit<DeliveryFilter, "delivery_ids"> {
  after?: string;
  limit?: number;
}

export function listDeliveries(scope: Scope, query: DeliveryQuery) {
  return data(api.GET("/projects/{project_id}/deliveries", { params: { ...within(scope), query } }));
}

export function listDeadLetters(scope: Scope, query: Omit<DeliveryQuery, "state">) {
  return data(api.GET("/projects/{project_id}/dead_letters", { params: { ...within(scope), query } }));
}

/** A replay, watched until it is over. */
export function replayQuery(scope: Scope, id: string) {
  return queryOptions({
    queryKey: ["replays", scope, "one", id],
    queryFn: () => data(api.GET("/projects/{project_id}/replays/{replay_id}", { params: { ...within(scope), path: { project_id: scope.projectId, replay_id: id } } })),
    refetchInterval: (q) => (q.state.data?.finished_at ? false : 1_000),
  });
}

/** The latest replays, watched while one is under way. */
export function replaysQuery(scope: Scope) {
  return queryOptions({
    queryKey: ["replays", scope, "list"],
    queryFn: () => data(api.GET("/projects/{project_id}/replays", { params: { ...within(scope), query: { limit: 20 } } })),
    refetchInterval: (q) => (q.state.data?.data.some((r) => r.status === "running") ? 1_000 : 10_000),
  });
}

export function runReplayQuery(scope: Scope, id: string) {
  return queryOptions({
    queryKey: ["run_replays", scope, "one", id],
    queryFn: () => data(api.GET("/projects/{project_id}/run_replays/{run_replay_id}", { params: { ...within(scope), path: { project_id: scope.projectId, run_replay_id: id } } })),
    refetchInterval: (q) => (q.state.data?.finished_at ? false : 1_000),
  });
}

/** The latest replays of runs, watched while one is under way. */
export function runReplaysQuery(scope: Scope) {
  return queryOptions({
    queryKey: ["run_replays", scope, "list"],
    queryFn: () => data(api.GET("/projects/{project_id}/run_replays", { params: { ...within(scope), query: { limit: 20 } } })),
    refetchInterval: (q) => (q.state.data?.data.some((r) => r.status === "running") ? 1_000 : 10_000),
  });
}

export interface RequestFilter {
  account_id?: string;
  app?: string;
  status?: string;
  from?: string;
  external_user_id?: string;
  after?: string;
  limit?: number;
}

export function listRequests(scope: Scope, query: RequestFilter) {
  return data(api.GET("/projects/{project_id}/requests", { params: { ...within(scope), query } }));
}

export function listWorkflows(scope: Scope, query: { after?: string; limit?: number } = {}) {
  return data(api.GET("/projects/{project_id}/workflows", { params: { path: { project_id: scope.projectId }, query } }));
}

export function workflowsQuery(scope: Scope) {
  return queryOptions({
    queryKey: ["workflows", scope.projectId, "all"],
    queryFn: () => listWorkflows(scope, { limit: 200 }),
  });
}

export interface AppFilter {
  q?: string;
  category_ids?: string[];
  has_components?: "true";
  /** Without one the best match comes first, and of equal ones the app that more people look for. */
  sort_key?: "name";
  after?: string;
  limit?: number;
}

export function listApps(query: AppFilter) {
  return data(api.GET("/connect/apps", { params: { query } }));
}

export function appsQuery(filter: AppFilter) {
  return infiniteQueryOptions({
    queryKey: ["apps", filter],
    queryFn: ({ pageParam }) => listApps({ limit: 48, ...filter, after: pageParam }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.page_info.end_cursor ?? undefined,
    staleTime: 300_000,
  });
}

export function appQuery(slug: string) {
  return queryOptions({
    queryKey: ["apps", "one", slug],
    queryFn: () => data(api.GET("/connect/apps/{app_id}", { params: { path: { app_id: slug } } })).then((b) => b.data),
    staleTime: 300_000,
  });
}

/** The workspace's own files; few, and the same in all its projects. */
export const appFilesQuery = queryOptions({
  queryKey: ["app_files"],
  queryFn: () => data(api.GET("/app_files")).then((b) => b.data),
});

export function appFileQuery(slug: string) {
  return queryOptions({
    queryKey: ["app_files", slug],
    queryFn: () => data(api.GET("/app_files/{app_id}", { params: { path: { app_id: slug } } })),
  });
}

export function appFileVersionsQuery(slug: string) {
  return queryOptions({
    queryKey: ["app_files", slug, "versions"],
    queryFn: () => data(api.GET("/app_files/{app_id}/versions", { params: { path: { app_id: slug } } })).then((b) => b.data),
  });
}

export const categoriesQuery = queryOptions({
  queryKey: ["app_categories"],
  queryFn: () => data(api.GET("/connect/app_categories")),
  staleTime: 300_000,
});

/** The clients that the project has with providers; both environments share them. */
export function listOAuthApps(projectId: string, query: { app?: string; q?: string; after?: string; limit?: number }) {
  return data(api.GET("/connect/{project_id}/oauth_apps", { params: { path: { project_id: projectId }, query } }));
}

/** What the project sets for apps before its users are asked; both environments share it. */
export function listAppOverrides(projectId: string, query: { app?: string; after?: string; limit?: number }) {
  return data(api.GET("/connect/{project_id}/app_overrides", { params: { path: { project_id: projectId }, query } }));
}

export function brandQuery(scope: Scope) {
  return queryOptions({ queryKey: ["brand", scope], queryFn: () => data(api.GET("/projects/{project_id}/brand", { params: within(scope) })) });
}

export interface SessionFilter {
  status?: ConnectSession["status"];
  app?: string;
  external_user_id?: string;
  code?: string;
  from?: string;
  to?: string;
  after?: string;
  limit?: number;
}

export function listConnectSessions(scope: Scope, query: SessionFilter) {
  return data(api.GET("/projects/{project_id}/connect_sessions", { params: { ...within(scope), query } }));
}

export function webhookQuery(scope: Scope) {
  return queryOptions({
    queryKey: ["webhook", scope],
    queryFn: () => data(api.GET("/connect/{project_id}/webhook", { params: within(scope) })),
  });
}

export function listEndpoints(scope: Scope, query: { after?: string; limit?: number }) {
  return data(api.GET("/projects/{project_id}/endpoints", { params: { ...within(scope), query } }));
}

export const eventTypesQuery = queryOptions({
  queryKey: ["event_types"],
  queryFn: () => data(api.GET("/event_types")),
  staleTime: Infinity,
});

export const apiKeysQuery = queryOptions({
  queryKey: ["clients", "keys"],
  queryFn: () => data(api.GET("/api_keys")),
});

export const scopesQuery = queryOptions({
  queryKey: ["scopes"],
  queryFn: () => data(api.GET("/scopes")),
  staleTime: Infinity,
});

export const clientsQuery = queryOptions({
  queryKey: ["clients"],
  queryFn: () => data(api.GET("/clients")),
});
