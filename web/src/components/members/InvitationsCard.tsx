import { useQuery, useQueryClient } from "@tanstack/react-query";
import { MailPlus } from "lucide-react";
import { invitationsQuery, resend, revoke } from "@/api/members";
import type { Session } from "@/api/session";
import type { Invitation } from "@/api/types";
import { Async } from "@/components/Async";
import { Confirm } from "@/components/Confirm";
import { Empty } from "@/components/Empty";
import { Rows, type Column } from "@/components/ListTable";
import { Time } from "@/components/Time";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { useToast } from "@/components/ui/toast";
import { useNow } from "@/lib/hooks";
import { RightsText } from "./RightsText";

/** Who was asked in and has not come yet. */
export function InvitationsCard({ session, names, made }: { session: Session; names: Map<string, string>; made: (i: Invitation) => void }) {
  const invitations = useQuery(invitationsQuery);
  const queries = useQueryClient();
  const toast = useToast();
  const refresh = () => void queries.invalidateQueries(invitationsQuery);
  const again = async (i: Invitation) => {
    try {
      made(await resend(i.id));
    } catch (e) {
      toast.bad("Not sent", e);
    }
    refresh();
  };
  const columns: Column<Invitation>[] = [
    {
      head: "E-mail",
      cell: (i) => (
        <span className="block min-w-0 [overflow-wrap:anywhere]">
          <span className="font-medium">{i.email}</span>
          <span className="block sm:hidden">
            <State i={i} />
          </span>
        </span>
      ),
    },
    { head: "State", from: "sm", cell: (i) => <State i={i} /> },
    { head: "Role", from: "md", cell: (i) => <RightsText rights={i} names={names} /> },
    { head: "Invited by", from: "lg", cell: (i) => <span className="[overflow-wrap:anywhere]">{i.invited_by}</span> },
    {
      head: "Action",
      className: "text-right",
      cell: (i) =>
        i.role === "owner" && session.member.role !== "owner" ? null : (
          <span className="flex flex-wrap justify-end gap-1">
            <Button size="sm" aria-label={`${i.mailed_at ? "Send again to" : "New link for"} ${i.email}`} onClick={() => void again(i)}>
              {i.mailed_at ? "Send again" : "New link"}
            </Button>
            <Confirm
              trigger={
                <Button size="sm" variant="dangerGhost" aria-label={`Take back the invitation of ${i.email}`}>
                  Take back
                </Button>
              }
              title={`Take back the invitation of ${i.email}?`}
              text="Its link is good no more."
              action="Take back"
              done="Invitation taken back"
              act={() => revoke(i.id)}
              after={refresh}
            />
          </span>
        ),
    },
  ];
  return (
    <Card title="Invitations" flush>
      <Async query={invitations}>
        {({ data: rows }) =>
          rows.length === 0 ? (
            <Empty icon={MailPlus} title="Nobody is asked in">
              An invitation waits here until it is accepted. It is good once, and for seven days; sending it again makes another link.
            </Empty>
          ) : (
            <Rows label="Invitations" rows={rows} columns={columns} rowKey={(i) => i.id} />
          )
        }
      </Async>
    </Card>
  );
}

function State({ i }: { i: Invitation }) {
  const over = new Date(i.expires_at).getTime() <= useNow(true, 30_000);
  return (
    <span className="text-[0.8125rem]">
      {over ? <Badge tone="warn">expired</Badge> : i.mailed_at ? <Badge tone="info">sent</Badge> : <Badge>link only</Badge>}
      <span className="block text-muted">
        {over ? "ended" : "ends"} <Time row at={i.expires_at} />
      </span>
    </span>
  );
}
