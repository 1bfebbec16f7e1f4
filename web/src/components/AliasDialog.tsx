import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { aliasesQuery, setAlias } from "@/api/aliases";
import type { Alias, NamedAccount } from "@/lib/aliases";
import { useScope } from "@/lib/hooks";
import { never, useConflict } from "./ChangedMeanwhile";
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
  const queries = useQueryClient();
  const ended = () => {
    saved();
    close();
  };
  const save = async (since = n?.set?.updated_at ?? never) => {
    await setAlias(scope, alias.trim(), account, since);
    toast.good(n?.set ? "Alias changed" : "Alias set", "It holds at once, also in runs that are under way.");
    ended();
  };
  const { guard, dialog } = useConflict<Alias>({
    what: "alias",
    log: { project_id: scope.projectId, action: "account_alias.set" },
    own: () => ({ account_id: account }),
    read: ({ account_id }) => ({ account_id }),
    first: () => n?.set,
    newest: async () => {
      const there = (await queries.fetchQuery({ ...aliasesQuery(scope), staleTime: 0 })).find((one) => one.alias === alias.trim());
      if (!there) throw new Error("The alias was deleted meanwhile. Look at the list again.");
      return there;
    },
    mine: (now) => save(now.updated_at),
    theirs: ended,
  });
  const { busy, error, form } = useSubmit(() => guard(save));
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
        {dialog}
      </DialogContent>
    </Dialog>
  );
}
