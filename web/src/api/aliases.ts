import { queryOptions } from "@tanstack/react-query";
import { listWorkflows } from "./calls";
import { api, data } from "./client";
import { within, type Scope, type Workflow } from "./types";

const one = (scope: Scope, alias: string) => ({ ...within(scope), path: { project_id: scope.projectId, alias } });

export function aliasesQuery(scope: Scope) {
  return queryOptions({ queryKey: ["account_aliases", scope], queryFn: () => data(api.GET("/projects/{project_id}/account_aliases", { params: within(scope) })).then((b) => b.data) });
}

/** Every workflow of the project, to look what their drafts ask for. */
export function draftsQuery(scope: Scope) {
  return queryOptions({
    queryKey: ["workflows", scope.projectId, "drafts"],
    queryFn: async () => {
      const all: Workflow[] = [];
      for (let after: string | undefined, more = true; more; ) {
        const page = await listWorkflows(scope, { after, limit: 200 });
        all.push(...page.data);
        after = page.page_info.end_cursor ?? undefined;
        more = Boolean(after);
      }
      return all;
    },
  });
}

export function setAlias(scope: Scope, alias: string, accountId: string, unchanged_since: string) {
  return data(api.PUT("/projects/{project_id}/account_aliases/{alias}", { params: { ...one(scope, alias), query: { unchanged_since } }, body: { account_id: accountId } }));
}

export function removeAlias(scope: Scope, alias: string) {
  return data(api.DELETE("/projects/{project_id}/account_aliases/{alias}", { params: one(scope, alias) }));
}
