import { useQueryClient } from "@tanstack/react-query";
import { api, data } from "@/api/client";
import type { Schemas } from "@/api/types";
import { workspaceQuery } from "@/api/workspaces";
import { never, useConflict } from "@/components/ChangedMeanwhile";
import { useSubmit } from "@/components/ui/form";
import { useDraft } from "@/lib/draft";

type Workspace = Schemas["Workspace"];

/**
 * A card of the workspace's settings, which writes over nobody who changed the same meanwhile. `fill` makes its values
 * of a workspace, `body` what is sent; `saved` hears of what is there then.
 */
export function useWorkspaceForm<V extends object>(w: Workspace, fill: (w: Workspace) => V, body: (values: V) => Schemas["WorkspaceUpdate"], saved: () => void) {
  const queries = useQueryClient();
  const { draft, set, first, take } = useDraft(w, fill);
  const theirs = (now: Workspace) => {
    take(now);
    queries.setQueryData(workspaceQuery.queryKey, now);
  };
  const save = async (since = first.updated_at) => {
    theirs(await data(api.PATCH("/workspace", { params: { query: { unchanged_since: since ?? never } }, body: body(draft) })));
    saved();
  };
  const { guard, dialog } = useConflict<Workspace>({
    what: "workspace",
    log: { subject: w.id },
    own: () => ({ ...body(draft) }),
    read: (now) => ({ ...body(fill(now)) }),
    first: () => first,
    newest: () => queries.fetchQuery({ ...workspaceQuery, staleTime: 0 }),
    mine: (now) => save(now.updated_at),
    theirs,
  });
  return { values: draft, set, dialog, ...useSubmit(() => guard(save)) };
}
