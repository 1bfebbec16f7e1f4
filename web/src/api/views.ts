import { queryOptions } from "@tanstack/react-query";
import { call, refuse } from "./session";

/** Filters of a list under a name, as one member keeps them in a project. */
export interface ListView {
  list: string;
  name: string;
  /** Of the list's address, without the question mark. */
  search: string;
  default: boolean;
}

const at = (projectId: string, rest = "") => `/console/api/projects/${encodeURIComponent(projectId)}/views${rest}`;

export function viewsQuery(projectId: string) {
  return queryOptions({
    queryKey: ["list_views", projectId],
    queryFn: async (): Promise<ListView[]> => {
      const response = await call(undefined, at(projectId));
      if (!response.ok) return refuse(response);
      const { data } = (await response.json()) as { data: ListView[] };
      return data;
    },
    staleTime: 60_000,
  });
}

export async function saveView(projectId: string, { list, ...view }: ListView): Promise<ListView> {
  const response = await call({ method: "PUT", headers: { "content-type": "application/json" }, body: JSON.stringify(view) }, at(projectId, `/${list}`));
  return response.ok ? ((await response.json()) as ListView) : refuse(response);
}

/** Deletes a view; one that is gone already is no trouble. */
export async function deleteView(projectId: string, list: string, name: string): Promise<void> {
  const response = await call({ method: "DELETE" }, at(projectId, `/${list}?${new URLSearchParams({ name })}`));
  if (!response.ok && response.status !== 404) await refuse(response);
}
