import { useState } from "react";
import { changeMember, type Rights } from "@/api/members";
import type { Role } from "@/api/session";
import type { Member } from "@/api/types";
import { Dialog, DialogContent } from "@/components/ui/dialog";
import { Form, FormActions, useSubmit } from "@/components/ui/form";
import { asSent, inNone, RightsFields } from "./RightsFields";

/** Changes what a member may do; it counts at their next click. */
export function MemberDialog({ member: m, by, close, saved }: { member: Member; by: Role; close: () => void; saved: () => void }) {
  const [rights, setRights] = useState<Rights>({ role: m.role, all_projects: m.all_projects, projects: m.projects });
  const { busy, error, form } = useSubmit(async () => {
    await changeMember(m.id, asSent(rights));
    close();
    saved();
  });
  return (
    <Dialog open onOpenChange={(o) => !o && !busy && close()}>
      <DialogContent title={`Change ${m.name || m.email}`} description="It counts from their next click on." className="max-w-lg">
        <Form of={form} className="space-y-4">
          <RightsFields rights={rights} change={setRights} by={by} />
          <FormActions error={error} action="Save" busy={busy} disabled={inNone(rights)} />
        </Form>
      </DialogContent>
    </Dialog>
  );
}
