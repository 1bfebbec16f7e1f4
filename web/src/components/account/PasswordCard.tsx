import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { accountQuery, own, type Account } from "@/api/account";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Field, Input } from "@/components/ui/field";
import { Form, FormError, useSubmit } from "@/components/ui/form";
import { useToast } from "@/components/ui/toast";

export function PasswordCard({ account }: { account: Account }) {
  const queries = useQueryClient();
  const toast = useToast();
  const [current, setCurrent] = useState("");
  const [password, setPassword] = useState("");
  const { busy, error, form } = useSubmit(async () => {
    await own("PUT", "account/password", { current, password });
    setCurrent("");
    setPassword("");
    toast.good("Password changed. All other sessions were ended.");
    await queries.invalidateQueries(accountQuery);
  });
  return (
    <Card title="Password" text="A changed password ends all other sessions.">
      <Form of={form} className="max-w-sm space-y-4">
        <input type="text" autoComplete="username" value={account.email} readOnly hidden />
        {account.password && (
          <Field name="current" label="Current password">{(ids) => <Input {...ids} type="password" autoComplete="current-password" required value={current} onChange={(e) => setCurrent(e.target.value)} />}</Field>
        )}
        <Field name="password" label="New password" hint="10 characters or more.">
          {(ids) => <Input {...ids} type="password" autoComplete="new-password" required minLength={10} maxLength={200} value={password} onChange={(e) => setPassword(e.target.value)} />}
        </Field>
        <FormError error={error} />
        <Button type="submit" variant="primary" busy={busy}>
          Change password
        </Button>
      </Form>
    </Card>
  );
}
