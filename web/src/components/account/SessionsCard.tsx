import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { accountQuery, own, type Account, type SessionOf } from "@/api/account";
import { Confirm } from "@/components/Confirm";
import { Rows, type Column } from "@/components/ListTable";
import { Time } from "@/components/Time";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { routes } from "@/paths";

/** Where one is signed in; what one does not know is ended here. */
export function SessionsCard({ account }: { account: Account }) {
  const queries = useQueryClient();
  const refresh = () => void queries.invalidateQueries(accountQuery);
  const navigate = useNavigate();
  const leave = async () => {
    await navigate({ to: routes.signIn, search: {} } as never);
    queries.clear();
  };
  const columns: Column<SessionOf>[] = [
    {
      head: "Browser",
      cell: (s) => (
        <span className="flex flex-wrap items-center gap-2 font-medium">
          {s.browser}
          {s.this && <Badge>this one</Badge>}
        </span>
      ),
    },
    { head: "Address", from: "sm", cell: (s) => <span className="break-all font-mono text-[0.8125rem]">{s.address || "unknown"}</span> },
    { head: "Last used", cell: (s) => <Time row at={s.used_at} /> },
    { head: "Signed in", from: "md", cell: (s) => <Time row at={s.created_at} /> },
    {
      head: "Action",
      className: "text-right",
      cell: (s) =>
        s.this ? null : (
          <Confirm
            trigger={
              <Button size="sm" variant="dangerGhost" aria-label={`End the session of ${s.browser}`}>
                End
              </Button>
            }
            title="End this session?"
            text={`${s.browser} is signed out at its next click.`}
            action="End session"
            done="Session ended"
            act={() => own("DELETE", `account/sessions/${encodeURIComponent(s.id)}`)}
            after={refresh}
          />
        ),
    },
  ];
  return (
    <Card
      title="Sessions"
      flush
      text="A session ends after a week without use, and after a month in any case."
      actions={
        <div className="flex flex-wrap gap-2">
          <Confirm
            trigger={<Button size="sm">End all others</Button>}
            title="End all other sessions?"
            text="Every other browser is signed out at its next click."
            action="End the others"
            done="The other sessions were ended"
            act={() => own("DELETE", "account/sessions")}
            after={refresh}
          />
          <Confirm
            trigger={
              <Button size="sm" variant="dangerGhost">
                Sign out everywhere
              </Button>
            }
            title="Sign out everywhere?"
            text="All sessions end, this one as well."
            action="Sign out everywhere"
            done="You are signed out everywhere"
            act={() => own("DELETE", "account/sessions?all=true")}
            after={() => void leave()}
          />
        </div>
      }
    >
      <Rows label="Sessions" rows={account.sessions} columns={columns} rowKey={(s) => s.id} />
    </Card>
  );
}
