import { useQuery, useQueryClient } from "@tanstack/react-query";
import type { Schemas } from "@/api/types";
import { workspaceQuery, workspacesQuery } from "@/api/workspaces";
import { Async } from "@/components/Async";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Field, Input } from "@/components/ui/field";
import { Form } from "@/components/ui/form";
import { useToast } from "@/components/ui/toast";
import { useWorkspaceForm } from "./useWorkspaceForm";

/** The workspace's name; for who manages it. */
export function WorkspaceCard() {
  const workspace = useQuery(workspaceQuery);
  return (
    <Card title="Workspace" text="All projects and members are in it.">
      <Async query={workspace}>{(w) => <NameForm workspace={w} />}</Async>
    </Card>
  );
}

function NameForm({ workspace: w }: { workspace: Schemas["Workspace"] }) {
  const queries = useQueryClient();
  const toast = useToast();
  const { values, set, busy, error, form, dialog } = useWorkspaceForm(w, ({ name }) => ({ name }), ({ name }) => ({ name: name.trim() }), () => {
    toast.good("Workspace renamed");
    void queries.invalidateQueries({ queryKey: ["session"] });
    void queries.invalidateQueries(workspacesQuery);
  });
  const name = values.name.trim();
  return (
    <Form of={form} className="space-y-4">
      <Field name="name" label="Name of the workspace" hint="Whom you invite is told it." error={error}>
        {(ids) => <Input {...ids} value={values.name} onChange={(e) => set({ name: e.target.value })} required maxLength={120} />}
      </Field>
      <Button type="submit" variant="primary" busy={busy} disabled={!name || name === w.name}>
        Rename
      </Button>
      {dialog}
    </Form>
  );
}
