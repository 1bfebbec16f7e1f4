import { useState } from "react";
import { setAlias } from "@/api/aliases";
import type { NamedAccount } from "@/lib/aliases";
import { useScope } from "@/lib/hooks";
import { ProjectAccount } from "./flow/fields/AccountField";
import { Dialog, DialogContent } from "./ui/dialog";
import { Field, Input } from "./ui/field";
import { Form, FormActions, useSubmit } from "./ui/form";
import { useToast } from "./ui/toast";

/** Says which account a name stands for. */
export function AliasDialog({ named: n, close, saved }: { named: NamedAccount | undefined; close: () => void; saved: () => void }) {
  const scope = useScope();
  const toast = useToast();
  const [alias, setName] = useState(n?.alias ?? "");
  const [account, setAccount] = useState(n?.set?.account_id ?? "");
  const { busy, error, form } = useSubmit(async () => {
    await setAlias(scope, alias.trim(), account);
    toast.good(n?.set ? "Alias changed" : "Alias set", "It holds at once, also in runs that are under way.");
    saved();
    close();
  });
  return (
    <Dialog open onOpenChange={(o) => !o && !busy && close()}>
      <DialogContent title={n ? `The account ${n.alias}` : "New alias"} description={n?.about || undefined}>
        <Form of={form} className="space-y-4">
          {!n && (
            <Field name="alias" label="Alias" hint="Small letters, digits and _; it begins with a letter.">
              {(ids) => <Input {...ids} value={alias} onChange={(e) => setName(e.target.value)} required maxLength={63} pattern="[a-z][a-z0-9_]*" spellCheck={false} autoComplete="off" className="font-mono" />}
            </Field>
          )}
          <ProjectAccount app={n?.app || undefined} value={account} onChange={setAccount} />
          <FormActions error={error} action={n?.set ? "Save" : "Set alias"} busy={busy} disabled={!alias.trim() || !account} />
        </Form>
      </DialogContent>
    </Dialog>
  );
}
