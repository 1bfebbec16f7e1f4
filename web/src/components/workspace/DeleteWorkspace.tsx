import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { accountQuery, own, type Account } from "@/api/account";
import { deleteWorkspace } from "@/api/workspaces";
import type { Session } from "@/api/session";
import { Async } from "@/components/Async";
import { Dialog, DialogContent } from "@/components/ui/dialog";
import { Field, Input } from "@/components/ui/field";
import { Form, FormActions, useSubmit } from "@/components/ui/form";
import { startOver } from "@/lib/startOver";

/** Has the whole workspace go, for an owner who types its name and proves who they are. */
export function DeleteWorkspace({ session, close }: { session: Session; close: () => void }) {
  const account = useQuery(accountQuery);
  return (
    <Dialog open onOpenChange={(o) => !o && close()}>
      <DialogContent
        role="alertdialog"
        title={`Delete ${session.workspace.name}?`}
        description="From now on nothing runs in it: API clients are refused, and workflows, triggers and deliveries wait. While its time of grace lasts, any owner can take it back. Then it goes with all its projects, users and connected accounts."
      >
        <Async query={account}>{(a) => (a.sso ? <p className="text-muted">You came in by single sign-on. To delete the workspace, sign in by yourself.</p> : <Confirmation session={session} account={a} />)}</Async>
      </DialogContent>
    </Dialog>
  );
}

function Confirmation({ session, account }: { session: Session; account: Account }) {
  const [name, setName] = useState("");
  const [proof, setProof] = useState("");
  const code = !account.password || account.totp;
  const ready = name === session.workspace.name && (account.fresh || proof !== "");
  const { busy, error, form } = useSubmit(async () => {
    if (!ready) return;
    if (proof) await own("POST", "account/proof", code ? { code: proof } : { password: proof });
    await deleteWorkspace(name);
    startOver();
  });
  return (
    <Form of={form} className="space-y-4">
      <Field name="name confirm" label="Type the name to confirm" hint={<code className="break-all select-all">{session.workspace.name}</code>}>
        {(ids) => <Input {...ids} value={name} onChange={(e) => setName(e.target.value)} autoComplete="off" spellCheck={false} className="font-mono" />}
      </Field>
      {!account.fresh && (
        <Field name="code password" label={code ? "Code of your authenticator app, or a recovery code" : "Your password"}>
          {(ids) => <Input {...ids} type={code ? "text" : "password"} autoComplete={code ? "one-time-code" : "current-password"} value={proof} onChange={(e) => setProof(e.target.value)} />}
        </Field>
      )}
      <FormActions error={error} action="Delete workspace" variant="danger" busy={busy} disabled={!ready} />
    </Form>
  );
}
