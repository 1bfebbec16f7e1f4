import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, data } from "@/api/client";
import { Async } from "@/components/Async";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Field, Input } from "@/components/ui/field";
import { Form, FormError, useSubmit } from "@/components/ui/form";
import { useToast } from "@/components/ui/toast";

const query = { queryKey: ["workspace"], queryFn: () => data(api.GET("/workspace")) };

/** For how long the workspace's audit log is kept; for who manages it. */
export function AuditKeepCard() {
  const workspace = useQuery(query);
  return (
    <Card title="Audit log">
      <Async query={workspace}>{(w) => <KeepForm key={w.audit_keep_days} days={w.audit_keep_days} />}</Async>
    </Card>
  );
}

function KeepForm({ days }: { days: number }) {
  const queries = useQueryClient();
  const toast = useToast();
  const [value, setValue] = useState(String(days));
  const { busy, error, form } = useSubmit(async () => {
    const next = await data(api.PATCH("/workspace", { body: { audit_keep_days: Number(value) } }));
    queries.setQueryData(query.queryKey, next);
    toast.good("Settings saved");
  });
  return (
    <Form of={form} className="space-y-4">
      <Field name="audit_keep_days" label="Days for which entries are kept" hint="30 and more; 0: as long as the installation says. What is older goes for good, and an entry says so.">
        {(ids) => <Input {...ids} type="number" required min={0} max={3650} step={1} value={value} onChange={(e) => setValue(e.target.value)} />}
      </Field>
      <FormError error={error} />
      <Button type="submit" variant="primary" busy={busy} disabled={value.trim() === String(days)}>
        Save
      </Button>
    </Form>
  );
}
