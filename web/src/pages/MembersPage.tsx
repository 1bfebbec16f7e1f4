import { useQuery, useQueryClient } from "@tanstack/react-query";
import { UserRoundPlus } from "lucide-react";
import { useState } from "react";
import { projectsQuery } from "@/api/calls";
import { invitationsQuery } from "@/api/members";
import type { Invitation } from "@/api/types";
import { InvitationsCard } from "@/components/members/InvitationsCard";
import { InviteDialog } from "@/components/members/InviteDialog";
import { MembersCard } from "@/components/members/MembersCard";
import { OwnPart } from "@/components/members/OwnPart";
import { RoleTable } from "@/components/members/RoleTable";
import { PageHead } from "@/components/PageHead";
import { SecretDialog } from "@/components/SecretDialog";
import { Button } from "@/components/ui/button";
import { useToast } from "@/components/ui/toast";
import { useSession } from "@/lib/hooks";
import { manages } from "@/lib/roles";

/** The people of the workspace. Who manages it sees all of them, everybody their own part. */
export function MembersPage() {
  const session = useSession();
  const projects = useQuery(projectsQuery);
  const names = new Map(projects.data?.data.map((p) => [p.id, p.name]));
  const queries = useQueryClient();
  const toast = useToast();
  const [inviting, setInviting] = useState(false);
  const [link, setLink] = useState<Invitation>();
  const managing = manages(session.member.role);
  const made = (i: Invitation) => {
    void queries.invalidateQueries(invitationsQuery);
    if (i.link) setLink(i);
    else toast.good("Invitation sent", i.email);
  };
  return (
    <>
      <PageHead
        title="Members"
        text={managing ? "Who works in this workspace, and what each of them may do." : "Owners and admins see who else is here, and change it. This is your part."}
      />
      <div className="space-y-5">
        {managing && (
          <>
            <MembersCard
              session={session}
              names={names}
              action={
                <Button variant="primary" onClick={() => setInviting(true)}>
                  <UserRoundPlus className="size-4" aria-hidden />
                  Invite somebody
                </Button>
              }
            />
            <InvitationsCard session={session} names={names} made={made} />
          </>
        )}
        <RoleTable own={session.member.role} />
        <OwnPart session={session} />
      </div>
      {inviting && <InviteDialog by={session.member.role} close={() => setInviting(false)} done={made} />}
      <SecretDialog
        title="Hand this link over"
        text={link && `No e-mail was sent to ${link.email}. Whoever has the link comes in as ${link.role}; it is good once, for seven days, and is shown here only.`}
        values={link?.link ? [{ label: "Link", value: link.link }] : null}
        close={() => setLink(undefined)}
      />
    </>
  );
}
