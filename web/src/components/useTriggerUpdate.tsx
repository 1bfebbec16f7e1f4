import { useQueryClient } from "@tanstack/react-query";
import { useRef, type ReactNode } from "react";
import { api, data } from "@/api/client";
import { ofTrigger } from "@/api/components";
import type { Emitter, Schemas } from "@/api/types";
import { useScope } from "@/lib/hooks";
import { useConflict } from "./ChangedMeanwhile";

type Update = Schemas["TriggerUpdate"];

/**
 * Changes a deployed trigger, and shows at once what it is then. `change` says whether it is done: somebody else may have
 * changed the trigger after `seen` was read, which `dialog` shows. `over` is what follows either way it ends.
 */
export function useTriggerUpdate(t: Emitter, over: (saved: boolean) => void): { change: (body: Update, seen?: Emitter) => Promise<boolean>; dialog: ReactNode } {
  const scope = useScope();
  const queries = useQueryClient();
  const params = ofTrigger(scope, t.external_user_id, t.id);
  const asked = useRef<{ body: Update; seen: Emitter }>({ body: {}, seen: t });
  const show = (now: Emitter) => {
    queries.setQueryData(["triggers", scope, "one", t.id], now);
    void queries.invalidateQueries({ queryKey: ["triggers"] });
  };
  const put = async (since: string) => {
    const query = { ...params.query, unchanged_since: since };
    show((await data(api.PUT("/connect/{project_id}/deployed-triggers/{trigger_id}", { params: { ...params, query }, body: asked.current.body }))).data);
    over(true);
  };
  const { guard, dialog } = useConflict<Emitter>({
    what: "trigger",
    log: { project_id: scope.projectId, subject: t.id, since: t.changed_at },
    own: () => ({ ...asked.current.body }),
    read: ({ active, name, configured_props }) => ({ active, name, configured_props }),
    first: () => asked.current.seen,
    newest: () => data(api.GET("/connect/{project_id}/deployed-triggers/{trigger_id}", { params })).then((r) => r.data),
    mine: (now) => put(now.changed_at),
    theirs: (now) => {
      show(now);
      over(false);
    },
  });
  const change = (body: Update, seen = t) => {
    asked.current = { body, seen };
    return guard(() => put(seen.changed_at));
  };
  return { change, dialog };
}
