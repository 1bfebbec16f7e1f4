import { useQuery } from "@tanstack/react-query";
import type { Schemas } from "@/api/types";
import { workspaceQuery } from "@/api/workspaces";
import { Async } from "@/components/Async";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Field, Input } from "@/components/ui/field";
import { Form, FormError } from "@/components/ui/form";
import { useToast } from "@/components/ui/toast";
import { useWorkspaceForm } from "./useWorkspaceForm";

/** For how long the workspace's audit log is kept; for who manages it. */
export function AuditKeepCard() {
  const workspace = useQuery(workspaceQuery);
  return (
    <Card title="Audit log">
      <Async query={workspace}>{(w) => <KeepForm workspace={w} />}</Async>
    </Card>
  );
}

function KeepForm({ workspace: w }: { workspace: Schemas["Workspace"] }) {
  const toast = useToast();
  const { values, set, busy, error, form, dialog } = useWorkspaceForm(w, (w) => ({ days: String(w.audit_keep_days) }), ({ days }) => ({ audit_keep_days: Number(days) }), () => toast.good("Settings saved"));
  return (
    <Form of={form} className="space-y-4">
      <Field name="audit_keep_days" label="Days for which entries are kept" hint="30 and more; 0: as long as the installation says. What is older goes for good, and an entry says so.">
        {(ids) => <Input {...ids} type="number" required min={0} max={3650} step={1} value={values.days} onChange={(e) => set({ days: e.target.value })} />}
      </Field>
      <FormError error={error} />
      <Button type="submit" variant="primary" busy={busy} disabled={values.days.trim() === String(w.audit_keep_days)}>
        Save
      </Button>
      {dialog}
    </Form>
  );
}
