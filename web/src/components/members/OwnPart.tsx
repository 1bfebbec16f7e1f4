import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { leaveWorkspace, membersQuery, transferWorkspace } from "@/api/members";
import type { Session } from "@/api/session";
import { Async } from "@/components/Async";
import { Confirm } from "@/components/Confirm";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Dialog, DialogContent } from "@/components/ui/dialog";
import { Form, FormActions, useSubmit } from "@/components/ui/form";
import { SelectField } from "@/components/ui/select";
import { useToast } from "@/components/ui/toast";
import { DeleteWorkspace } from "@/components/workspace/DeleteWorkspace";
import { startOver } from "@/lib/startOver";

/** One's own part in the workspace: to hand it over, and to go. */
export function OwnPart({ session }: { session: Session }) {
  const [transferring, setTransferring] = useState(false);
  const [deleting, setDeleting] = useState(false);
  return (
    <Card title="Your part">
      <p>
        You are <Badge tone="accent">{session.member.role}</Badge> of <span className="font-medium [overflow-wrap:anywhere]">{session.workspace.name}</span>.
      </p>
      <div className="mt-3 flex flex-wrap gap-2">
        {session.member.role === "owner" && <Button onClick={() => setTransferring(true)}>Hand the workspace over…</Button>}
        <Confirm
          own
          trigger={<Button variant="dangerGhost">Leave the workspace…</Button>}
          title={`Leave ${session.workspace.name}?`}
          text="You reach nothing of it from now on. What you made stays. To come back you have to be invited again."
          action="Leave workspace"
          done="You left the workspace"
          act={leaveWorkspace}
          after={startOver}
        />
        {session.member.role === "owner" && (
          <Button variant="dangerGhost" onClick={() => setDeleting(true)}>
            Delete the workspace…
          </Button>
        )}
      </div>
      {deleting && <DeleteWorkspace session={session} close={() => setDeleting(false)} />}
      {transferring && <Transfer own={session.member.id} close={() => setTransferring(false)} />}
    </Card>
  );
}

function Transfer({ own, close }: { own: string; close: () => void }) {
  const members = useQuery(membersQuery);
  const queries = useQueryClient();
  const toast = useToast();
  const [to, setTo] = useState("");
  const { busy, error, form } = useSubmit(async () => {
    await transferWorkspace(to);
    close();
    toast.good("The workspace was handed over. You are an admin now.");
    await queries.invalidateQueries({ queryKey: ["session"] });
    await queries.invalidateQueries(membersQuery);
  });
  return (
    <Dialog open onOpenChange={(o) => !o && !busy && close()}>
      <DialogContent title="Hand the workspace over" description="Who you choose becomes an owner in your place, and you stay as an admin. Only an owner can take it back.">
        <Async query={members}>
          {({ data: rows }) => {
            const others = rows.filter((m) => m.id !== own);
            if (others.length === 0) return <p className="text-muted">There is nobody else here. Invite somebody first.</p>;
            return (
              <Form own of={form} className="space-y-4">
                <SelectField name="to" label="New owner" value={to} onChange={setTo} options={[{ value: "", label: "Choose a member" }, ...others.map((m) => ({ value: m.id, label: m.name === m.email ? m.email : `${m.name} (${m.email})` }))]} />
                <FormActions error={error} action="Hand over" variant="danger" busy={busy} disabled={!to} />
              </Form>
            );
          }}
        </Async>
      </DialogContent>
    </Dialog>
  );
}
