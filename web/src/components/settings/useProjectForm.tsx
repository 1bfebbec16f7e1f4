import { useRef, useState } from "react";
import { api, data } from "@/api/client";
import type { components } from "@/api/schema.gen";
import type { Project } from "@/api/types";
import { useConflict } from "@/components/ChangedMeanwhile";
import { useSubmit } from "@/components/ui/form";
import { useToast } from "@/components/ui/toast";
import { changes } from "@/lib/conflict";

type Update = components["schemas"]["ProjectUpdate"];

/**
 * A card of a project's settings. What is not touched follows what is there; what is stays until it is saved, and
 * writes over nobody who changed the same meanwhile. `fill` makes a card's values of a project, `body` what is sent.
 */
export function useProjectForm<V extends object>(project: Project, saved: (p: Project) => void, fill: (p: Project) => V, body: (values: V) => Update) {
  const toast = useToast();
  const [edits, setEdits] = useState<Partial<V>>({});
  const values = { ...fill(project), ...edits };
  // What is edited began as this.
  const first = useRef(project);
  if (Object.keys(edits).length === 0) first.current = project;
  const change = () => changes(body(fill(first.current)), body(values));
  const took = (next: Project) => {
    setEdits({});
    saved(next);
  };
  const save = async (since = first.current.updated_at) => {
    const next = await data(api.PATCH("/connect/projects/{project_id}", { params: { path: { project_id: project.id }, query: { unchanged_since: since } }, body: change() }));
    toast.good("Settings saved");
    took(next);
  };
  const { guard, dialog } = useConflict<Project>({
    what: "project",
    log: { project_id: project.id, subject: project.id, since: first.current.updated_at },
    own: () => ({ ...change() }),
    read: (p) => ({ ...body(fill(p)) }),
    first: () => first.current,
    newest: () => data(api.GET("/connect/projects/{project_id}", { params: { path: { project_id: project.id } } })),
    mine: (now) => save(now.updated_at),
    theirs: took,
  });
  return {
    values,
    set: (change: Partial<V>) => setEdits((old) => ({ ...old, ...change })),
    same: Object.keys(change()).length === 0,
    dialog,
    ...useSubmit(() => guard(save)),
  };
}
