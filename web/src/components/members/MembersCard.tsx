import { useQuery, useQueryClient } from "@tanstack/react-query";
import { UserRoundPlus } from "lucide-react";
import { useState, type ReactNode } from "react";
import { membersQuery, removeMember } from "@/api/members";
import type { Session } from "@/api/session";
import type { Member } from "@/api/types";
import { Async } from "@/components/Async";
import { Confirm } from "@/components/Confirm";
import { Empty } from "@/components/Empty";
import { Rows, type Column } from "@/components/ListTable";
import { Time } from "@/components/Time";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { useToast } from "@/components/ui/toast";
import { MemberDialog } from "./MemberDialog";
import { RightsText } from "./RightsText";

/** Who is in the workspace. */
export function MembersCard({ session, names, action }: { session: Session; names: Map<string, string>; action: ReactNode }) {
  const members = useQuery(membersQuery);
  const queries = useQueryClient();
  const toast = useToast();
  const [changing, setChanging] = useState<Member>();
  const own = session.member;
  const refresh = () => {
    void queries.invalidateQueries(membersQuery);
    void queries.invalidateQueries({ queryKey: ["session"] });
  };
  const columns: Column<Member>[] = [
    {
      head: "Name",
      cell: (m) => (
        <span className="block min-w-0 [overflow-wrap:anywhere]">
          <span className="font-medium">{m.name || m.email}</span> {m.id === own.id && <Badge>you</Badge>}
          {m.name && m.name !== m.email && <span className="block text-[0.8125rem] text-muted">{m.email}</span>}
        </span>
      ),
    },
    { head: "Role", cell: (m) => <RightsText rights={m} names={names} /> },
    { head: "Two factors", from: "md", cell: (m) => (m.two_factors ? <Badge tone="good">on</Badge> : <span className="text-muted">off</span>) },
    { head: "Last seen", from: "sm", cell: (m) => <Time row at={m.last_seen_at} none="not of late" /> },
    { head: "Joined", from: "lg", cell: (m) => <Time row at={m.created_at} /> },
    {
      head: "Action",
      className: "text-right",
      cell: (m) =>
        m.role === "owner" && own.role !== "owner" ? null : (
          <span className="flex flex-wrap justify-end gap-1">
            <Button size="sm" aria-label={`Change ${m.email}`} onClick={() => setChanging(m)}>
              Change
            </Button>
            {m.id !== own.id && (
              <Confirm
                trigger={
                  <Button size="sm" variant="dangerGhost" aria-label={`Remove ${m.email}`}>
                    Remove
                  </Button>
                }
                title={`Remove ${m.name || m.email}?`}
                text="They reach nothing of this workspace from their next click on. What they made stays."
                action="Remove member"
                done="Member removed"
                act={() => removeMember(m.id)}
                after={refresh}
              />
            )}
          </span>
        ),
    },
  ];
  return (
    <Card title="Members" actions={action} flush>
      <Async query={members}>
        {({ data: rows }) => (
          <>
            <Rows label="Members" rows={rows} columns={columns} rowKey={(m) => m.id} />
            {rows.length === 1 && (
              <div className="border-t border-line">
                <Empty icon={UserRoundPlus} title="You are alone here">
                  Invite a colleague: as a developer to build with you, or as a viewer to look without being shown a secret. A second owner helps on the day on which you cannot sign in.
                </Empty>
              </div>
            )}
          </>
        )}
      </Async>
      {changing && (
        <MemberDialog
          member={changing}
          by={own.role}
          close={() => setChanging(undefined)}
          refresh={() => queries.invalidateQueries(membersQuery)}
          saved={() => {
            toast.good("Member changed");
            refresh();
          }}
        />
      )}
    </Card>
  );
}
