import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api, data } from "./client";
import { within, type Scope } from "./types";

/** Calls that more than one page makes. Keys begin with the noun, so that a change refreshes every view of it. */
export const projectsQuery = queryOptions({
  queryKey: ["projects"],
  queryFn: () => data(api.GET("/connect/projects", { params: { query: { limit: 200 } } })),
});

export interface AccountFilter {
  app?: string;
  external_user_id?: string;
  after?: string;
  limit?: number;
}

export function listAccounts(scope: Scope, query: AccountFilter) {
  return data(api.GET("/connect/{project_id}/accounts", { params: { ...within(scope), query } }));
}

export interface RunFilter {
  workflow_id?: string;
  status?: "queued" | "running" | "succeeded" | "failed" | "ended";
  external_user_id?: string;
  after?: string;
  limit?: number;
}

export function listRuns(scope: Scope, query: RunFilter) {
  return data(api.GET("/projects/{project_id}/runs", { params: { ...within(scope), query } }));
}

export interface DeliveryFilter {
  state?: "pending" | "sending" | "delivered" | "exhausted";
  event_type?: string;
  external_user_id?: string;
  after?: string;
  limit?: number;
}

export function listDeliveries(scope: Scope, query: DeliveryFilter) {
  return data(api.GET("/projects/{project_id}/deliveries", { params: { ...within(scope), query } }));
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

export function listApps(query: { q?: string; after?: string; limit?: number }) {
  return data(api.GET("/connect/apps", { params: { query } }));
}

export function appsQuery(q: string) {
  return infiniteQueryOptions({
    queryKey: ["apps", q],
    queryFn: ({ pageParam }) => listApps({ ...(q && { q }), after: pageParam, limit: 50 }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.page_info.end_cursor ?? undefined,
    staleTime: 300_000,
  });
}

export function webhookQuery(scope: Scope) {
  return queryOptions({
    queryKey: ["webhook", scope],
    queryFn: () => data(api.GET("/connect/{project_id}/webhook", { params: within(scope) })),
  });
}

export const clientsQuery = queryOptions({
  queryKey: ["clients"],
  queryFn: () => data(api.GET("/clients")),
});
