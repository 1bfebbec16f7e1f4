import { useState } from "react";
import { ApiError } from "@/api/client";
import { own, type Account } from "@/api/account";
import { Dialog, DialogContent } from "@/components/ui/dialog";
import { Field, Input } from "@/components/ui/field";
import { Form, FormActions, useSubmit } from "@/components/ui/form";
import { useToast } from "@/components/ui/toast";

/** Does what needs a fresh proof: asks for one where it is refused, and then does it. */
export function useProven(account: Account) {
  const toast = useToast();
  const [waiting, setWaiting] = useState<() => Promise<void>>();
  const [proof, setProof] = useState("");
  const code = !account.password || account.totp;
  const act = async (what: () => Promise<void>) => {
    try {
      await what();
    } catch (e) {
      if (e instanceof ApiError && e.code === "proof_needed") setWaiting(() => what);
      else toast.bad("Nothing was changed", e);
    }
  };
  const { busy, error, forget, form } = useSubmit(async () => {
    await own("POST", "account/proof", code ? { code: proof } : { password: proof });
    const what = waiting;
    close();
    if (what) await act(what);
  });
  const close = () => {
    setWaiting(undefined);
    setProof("");
    forget();
  };
  const dialog = (
    <Dialog open={waiting !== undefined} onOpenChange={(o) => !o && close()}>
      <DialogContent title="Is it you?" description="This changes how you sign in, so that it needs a fresh proof.">
        <Form of={form} className="space-y-4">
          <Field name="code password" label={code ? "Code of your authenticator app, or a recovery code" : "Password"}>
            {(ids) => <Input {...ids} type={code ? "text" : "password"} autoComplete={code ? "one-time-code" : "current-password"} required value={proof} onChange={(e) => setProof(e.target.value)} />}
          </Field>
          <FormActions error={error} action="Go on" busy={busy} disabled={!proof} />
        </Form>
      </DialogContent>
    </Dialog>
  );
  return { act, dialog };
}
