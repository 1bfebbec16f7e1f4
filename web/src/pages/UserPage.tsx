import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Plug } from "lucide-react";
import { listAccounts, listDeliveries, listRuns } from "@/api/calls";
import { listTriggers } from "@/api/components";
import { api, data } from "@/api/client";
import { within } from "@/api/types";
import { Async, Skeleton } from "@/components/Async";
import { accountColumns, deliveryColumns, runColumns, triggerColumns } from "@/components/columns";
import { Confirm } from "@/components/Confirm";
import { ConnectButton } from "@/components/ConnectButton";
import { CopyButton, Id } from "@/components/Copy";
import { Empty } from "@/components/Empty";
import { Instances } from "@/components/instances/Instances";
import { ListTable } from "@/components/ListTable";
import { PageHead } from "@/components/PageHead";
import { Programs } from "@/components/Programs";
import { RenameProgress, RenameUser } from "@/components/RenameUser";
import { Time } from "@/components/Time";
import { Button } from "@/components/ui/button";
import { Card, Facts } from "@/components/ui/card";
import { useParam, usePages, useScope } from "@/lib/hooks";
import { paths } from "@/paths";

/** One user with all that is theirs. */
export function UserPage() {
  const scope = useScope();
  const id = useParam("externalUserId");
  const navigate = useNavigate();
  const queries = useQueryClient();
  // The contract has no call for one user; the search by id finds them.
  const user = useQuery({
    queryKey: ["users", scope, "one", id],
    queryFn: async () => {
      const page = await data(api.GET("/connect/{project_id}/users", { params: { ...within(scope), query: { q: id, limit: 200 } } }));
      return page.data.find((u) => u.external_id === id) ?? null;
    },
  });
  const accounts = usePages(["accounts", scope, { user: id }], (after, limit) => listAccounts(scope, { external_user_id: id, after, limit: limit ?? 20 }));
  const triggers = usePages(["triggers", scope, "list", { user: id }], (after, limit) =>
    listTriggers(scope, { external_user_id: id, after, limit: limit ?? 20 }),
  );
  const runs = usePages(["runs", scope, { user: id }], (after, limit) => listRuns(scope, { external_user_id: id, after, limit: limit ?? 10 }));
  const deliveries = usePages(["deliveries", scope, { user: id }], (after, limit) => listDeliveries(scope, { external_user_id: id, after, limit: limit ?? 10 }));

  return (
    <>
      <PageHead
        title={id}
        badge={<CopyButton text={id} what="external id" />}
        up={{ label: "Users", place: paths.users(scope) }}
        actions={
          <>
            <ConnectButton user={id} variant="secondary" />
            {user.data && <RenameUser user={id} />}
            <Confirm
              trigger={<Button variant="dangerGhost">Delete user</Button>}
              title="Delete this user?"
              text="Every account they connected and every trigger deployed for them goes with them, and so do their events, deliveries, runs and logs. A report says what went. This cannot be undone."
              action="Delete user"
              typed={id}
              done="User deleted"
              act={() => data(api.DELETE("/connect/{project_id}/users/{external_user_id}", { params: { ...within(scope), path: { project_id: scope.projectId, external_user_id: id } } }))}
              after={() => {
                void navigate(paths.users(scope) as never);
                for (const key of ["users", "accounts"]) void queries.invalidateQueries({ queryKey: [key] });
              }}
            />
          </>
        }
      />
      <div className="space-y-5">
        <Card>
          <Async query={user} skeleton={<Skeleton className="h-4 w-64" />}>
            {(u) =>
              u ? (
                <Facts facts={[["Id", <Id key="id" id={u.id} />], ["Since", <Time key="since" at={u.created_at} />], ["Changed", <Time key="changed" at={u.updated_at} />]]} />
              ) : (
                <p className="text-muted">There is no user of this id in this environment. Connecting an account for it makes one.</p>
              )
            }
          </Async>
          {user.isSuccess && <RenameProgress user={id} gone={!user.data} />}
        </Card>
        <Part title="Accounts">
          <ListTable
            label="Accounts"
            query={accounts}
            columns={accountColumns.filter((c) => c.head !== "User")}
            rowKey={(a) => a.id}
            place={(a) => paths.account(scope, a.id)}
            empty={
              <Empty icon={Plug} title="No accounts" action={<ConnectButton user={id} />}>
                Send this user a connect link, or try it yourself.
              </Empty>
            }
          />
        </Part>
        <Part title="Triggers">
          <ListTable
            label="Triggers"
            query={triggers}
            columns={triggerColumns.filter((c) => c.head !== "User")}
            rowKey={(t) => t.id}
            place={(t) => paths.trigger(scope, id, t.id)}
            empty={<p className="px-4 py-6 text-muted">No trigger was deployed for this user.</p>}
          />
        </Part>
        <Part title="Programs">
          <Programs user={id} />
        </Part>
        <Part title="Workflows of their own">
          <Instances user={id} />
        </Part>
        <Part title="Runs">
          <ListTable label="Runs" query={runs} columns={runColumns.filter((c) => c.head !== "User")} rowKey={(r) => r.id} place={(r) => paths.run(scope, r.id)} empty={<p className="px-4 py-6 text-muted">No workflow has run for this user.</p>} />
        </Part>
        <Part title="Deliveries">
          <ListTable label="Deliveries" query={deliveries} columns={deliveryColumns.filter((c) => c.head !== "User")} rowKey={(d) => d.id} place={(d) => paths.delivery(scope, d.id)} empty={<p className="px-4 py-6 text-muted">No webhook was sent about this user.</p>} />
        </Part>
      </div>
    </>
  );
}

function Part({ title, children }: { title: string; children: React.ReactNode }) {
  return (
    <section>
      <h2 className="mb-2 font-semibold">{title}</h2>
      {children}
    </section>
  );
}
