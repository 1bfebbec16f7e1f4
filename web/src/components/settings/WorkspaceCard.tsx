import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { Session } from "@/api/session";
import { renameWorkspace, workspacesQuery } from "@/api/workspaces";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Field, Input } from "@/components/ui/field";
import { Form, useSubmit } from "@/components/ui/form";
import { useToast } from "@/components/ui/toast";

/** The workspace's name; for who manages it. */
export function WorkspaceCard({ session }: { session: Session }) {
  const queries = useQueryClient();
  const toast = useToast();
  const [name, setName] = useState(session.workspace.name);
  const { busy, error, form } = useSubmit(async () => {
    const next = await renameWorkspace(name.trim());
    setName(next.name);
    toast.good("Workspace renamed");
    await Promise.all([queries.invalidateQueries({ queryKey: ["session"] }), queries.invalidateQueries(workspacesQuery)]);
  });
  return (
    <Card title="Workspace" text="All projects and members are in it.">
      <Form of={form} className="space-y-4">
        <Field name="name" label="Name of the workspace" hint="Whom you invite is told it." error={error}>
          {(ids) => <Input {...ids} value={name} onChange={(e) => setName(e.target.value)} required maxLength={120} />}
        </Field>
        <Button type="submit" variant="primary" busy={busy} disabled={!name.trim() || name.trim() === session.workspace.name}>
          Rename
        </Button>
      </Form>
    </Card>
  );
}
