import { useRef, useState } from "react";
import { changeMember, type Rights } from "@/api/members";
import { api, data } from "@/api/client";
import type { Role } from "@/api/session";
import type { Member } from "@/api/types";
import { useConflict } from "@/components/ChangedMeanwhile";
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

const rightsOf = (m: Member): Rights => ({ role: m.role, all_projects: m.all_projects, projects: m.projects });

/** Changes what a member may do; it counts at their next click. */
export function MemberDialog({ member: m, by, close, saved, refresh }: Props) {
  const [rights, setRights] = useState<Rights>(() => rightsOf(m));
  const first = useRef(m);
  const save = async (since?: string) => {
    await changeMember(m.id, asSent(rights), since);
    close();
    saved();
  };
  const { guard, dialog } = useConflict<Member>({
    what: "member",
    log: { subject: m.id, action: "member.changed" },
    whole: true,
    own: () => ({ ...asSent(rights) }),
    read: (there) => ({ ...asSent(rightsOf(there)) }),
    first: () => first.current,
    newest: async () => {
      const there = (await data(api.GET("/members"))).data.find((x) => x.id === m.id);
      if (!there) throw new Error(`${m.name || m.email} is no member any more.`);
      return there;
    },
    mine: (now) => save(now.updated_at),
    theirs: (now) => {
      first.current = now;
      setRights(rightsOf(now));
      void refresh();
    },
  });
  const { busy, error, form } = useSubmit(() => guard(() => save(first.current.updated_at)));
  return (
    <Dialog open onOpenChange={(o) => !o && !busy && close()}>
      <DialogContent title={`Change ${m.name || m.email}`} description="It counts from their next click on." className="max-w-lg">
        <Form of={form} className="space-y-4">
          <RightsFields rights={rights} change={setRights} by={by} />
          <FormActions error={error} action="Save" busy={busy} disabled={inNone(rights)} />
        </Form>
        {dialog}
      </DialogContent>
    </Dialog>
  );
}
