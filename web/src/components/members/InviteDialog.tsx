import { useState } from "react";
import { invite, type Rights } from "@/api/members";
import type { Role } from "@/api/session";
import type { Invitation } from "@/api/types";
import { Dialog, DialogContent } from "@/components/ui/dialog";
import { Field, Input } from "@/components/ui/field";
import { Form, FormActions, useSubmit } from "@/components/ui/form";
import { asSent, inNone, RightsFields } from "./RightsFields";

/** Asks somebody in. A new member may little at first: they build, and manage nothing. */
export function InviteDialog({ by, close, done }: { by: Role; close: () => void; done: (i: Invitation) => void }) {
  const [email, setEmail] = useState("");
  const [rights, setRights] = useState<Rights>({ role: "developer", all_projects: true, projects: [] });
  const { busy, error, form } = useSubmit(async () => {
    const made = await invite(email.trim(), asSent(rights));
    close();
    done(made);
  });
  return (
    <Dialog open onOpenChange={(o) => !o && !busy && close()}>
      <DialogContent title="Invite somebody" description="They get a link that is good once, for seven days." className="max-w-lg">
        <Form of={form} className="space-y-4">
          <Field name="email" label="E-mail">
            {(ids) => <Input {...ids} type="email" value={email} onChange={(e) => setEmail(e.target.value)} required maxLength={254} autoComplete="off" />}
          </Field>
          <RightsFields rights={rights} change={setRights} by={by} />
          <FormActions error={error} action="Invite" busy={busy} disabled={!email.trim() || inNone(rights)} />
        </Form>
      </DialogContent>
    </Dialog>
  );
}
