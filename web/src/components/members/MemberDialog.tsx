import { useState } from "react";
import { changeMember, type Rights } from "@/api/members";
import type { Role } from "@/api/session";
import type { Member } from "@/api/types";
import { ChangedMeanwhile, changedMeanwhile } from "@/components/ChangedMeanwhile";
import { Dialog, DialogContent } from "@/components/ui/dialog";
import { Form, FormActions, useSubmit } from "@/components/ui/form";
import { asSent, inNone, RightsFields } from "./RightsFields";

interface Props {
  member: Member;
  by: Role;
  close: () => void;
  saved: () => void;
  /** Has the list asked for again. */
  refresh: () => Promise<unknown>;
}

/** Changes what a member may do; it counts at their next click. */
export function MemberDialog({ member: m, by, close, saved, refresh }: Props) {
  const [rights, setRights] = useState<Rights>({ role: m.role, all_projects: m.all_projects, projects: m.projects });
  const [clash, setClash] = useState(false);
  const save = async (since?: string) => {
    await changeMember(m.id, asSent(rights), since);
    close();
    saved();
  };
  const { busy, error, form } = useSubmit(async () => {
    try {
      await save(m.updated_at);
    } catch (e) {
      if (!changedMeanwhile(e)) throw e;
      setClash(true);
    }
  });
  return (
    <Dialog open onOpenChange={(o) => !o && !busy && close()}>
      <DialogContent title={`Change ${m.name || m.email}`} description="It counts from their next click on." className="max-w-lg">
        <Form of={form} className="space-y-4">
          <RightsFields rights={rights} change={setRights} by={by} />
          <FormActions error={error} action="Save" busy={busy} disabled={inNone(rights)} />
        </Form>
        {clash && (
          <ChangedMeanwhile
            log={{ subject: m.id, action: "member.changed" }}
            what="member"
            own={JSON.stringify(asSent(rights), null, 2)}
            theirs={() => refresh().then(close)}
            mine={() => save()}
            close={() => setClash(false)}
          />
        )}
      </DialogContent>
    </Dialog>
  );
}
