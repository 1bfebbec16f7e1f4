import { queryOptions } from "@tanstack/react-query";
import { api, data } from "./client";
import { within, type Schemas, type Scope, type Variable } from "./types";

/** What workflows read as env.NAME, of all scopes. */
export function variablesQuery(scope: Scope) {
  return queryOptions({ queryKey: ["variables", scope], queryFn: () => data(api.GET("/projects/{project_id}/variables", { params: within(scope) })) });
}

const one = (scope: Scope, of: "environment" | "project", name: string) => ({ ...within(scope), path: { project_id: scope.projectId, variable_name: name }, query: { scope: of } });

export function setVariable(scope: Scope, of: Variable["scope"], name: string, body: Schemas["VariableSet"], unchanged_since: string): Promise<Variable> {
  if (of === "workspace") return data(api.PUT("/variables/{variable_name}", { params: { path: { variable_name: name }, query: { unchanged_since } }, body }));
  const at = one(scope, of, name);
  return data(api.PUT("/projects/{project_id}/variables/{variable_name}", { params: { ...at, query: { ...at.query, unchanged_since } }, body }));
}

export function removeVariable(scope: Scope, v: Variable): Promise<unknown> {
  if (v.scope === "workspace") return data(api.DELETE("/variables/{variable_name}", { params: { path: { variable_name: v.name } } }));
  return data(api.DELETE("/projects/{project_id}/variables/{variable_name}", { params: one(scope, v.scope, v.name) }));
}

export function listDataStores(scope: Scope, query: { scope?: Schemas["StoreScope"]; subject?: string; after?: string; limit?: number }) {
  return data(api.GET("/projects/{project_id}/data_stores", { params: { ...within(scope), query } }));
}

const store = (scope: Scope, id: string) => ({ ...within(scope), path: { project_id: scope.projectId, data_store_id: id } });
const record = (scope: Scope, id: string, key: string) => ({ ...within(scope), path: { project_id: scope.projectId, data_store_id: id, record_key: key } });

export function dataStoreQuery(scope: Scope, id: string) {
  return queryOptions({ queryKey: ["data_stores", scope, "one", id], queryFn: () => data(api.GET("/projects/{project_id}/data_stores/{data_store_id}", { params: store(scope, id) })) });
}

export function listRecords(scope: Scope, id: string, query: { prefix?: string; after_key?: string; limit?: number }) {
  return data(api.GET("/projects/{project_id}/data_stores/{data_store_id}/records", { params: { ...store(scope, id), query } }));
}

export function setRecord(scope: Scope, id: string, key: string, body: Schemas["RecordPut"]) {
  return data(api.PUT("/projects/{project_id}/data_stores/{data_store_id}/records/{record_key}", { params: record(scope, id, key), body }));
}

export function removeRecord(scope: Scope, id: string, key: string, version: number) {
  return data(api.DELETE("/projects/{project_id}/data_stores/{data_store_id}/records/{record_key}", { params: { ...record(scope, id, key), query: { if_version: version } } }));
}

export function clearDataStore(scope: Scope, id: string) {
  return data(api.DELETE("/projects/{project_id}/data_stores/{data_store_id}/records", { params: store(scope, id) }));
}

export function removeDataStore(scope: Scope, id: string) {
  return data(api.DELETE("/projects/{project_id}/data_stores/{data_store_id}", { params: store(scope, id) }));
}
