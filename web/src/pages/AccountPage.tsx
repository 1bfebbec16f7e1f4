import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { api, data } from "@/api/client";
import { clientOf, within, type Account } from "@/api/types";
import { AccountHealthCard } from "@/components/AccountHealthCard";
import { AppIcon } from "@/components/AppIcon";
import { Async, SkeletonCard } from "@/components/Async";
import { Confirm } from "@/components/Confirm";
import { Id } from "@/components/Copy";
import { Suspended } from "@/components/OAuthClientSuspended";
import { PageHead } from "@/components/PageHead";
import { ReconnectButton } from "@/components/ReconnectButton";
import { health, HealthBadge } from "@/components/Status";
import { Time } from "@/components/Time";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Card, Facts } from "@/components/ui/card";
import { cn } from "@/lib/cn";
import { useParam, useScope } from "@/lib/hooks";
import { paths } from "@/paths";

/** One account: whose it is, what it may do, and whether its credential still works. Never the credential itself. */
export function AccountPage() {
  const scope = useScope();
  const id = useParam("accountId");
  const params = { ...within(scope), path: { project_id: scope.projectId, account_id: id } };
  const navigate = useNavigate();
  const queries = useQueryClient();
  const account = useQuery({
    queryKey: ["accounts", scope, "one", id],
    queryFn: () => data(api.GET("/connect/{project_id}/accounts/{account_id}", { params })),
    refetchInterval: 10_000,
  });
  const up = { label: "Accounts", place: paths.accounts(scope) };
  const a = account.data;
  return (
    <>
      <PageHead
        title={a ? (a.name ?? a.app.name) : "Account"}
        icon={a && <AppIcon app={a.app} size={32} />}
        badge={a && <HealthBadge account={a} />}
        up={up}
        actions={
          a && (
            <>
              {!a.dead && <ReconnectButton account={a} />}
              <Confirm
                trigger={<Button variant="dangerGhost">Delete account</Button>}
                title="Delete this account?"
                text={`Its credential is destroyed, and workflows can no longer act as ${a.name ?? "it"}. ${a.external_id} can connect it again.`}
                action="Delete account"
                done="Account deleted"
                act={() => data(api.DELETE("/connect/{project_id}/accounts/{account_id}", { params }))}
                after={() => {
                  void navigate(paths.accounts(scope) as never);
                  void queries.invalidateQueries({ queryKey: ["accounts"], predicate: (q) => q.queryKey[3] !== id });
                }}
              />
            </>
          )
        }
      />
      <Async query={account} skeleton={<SkeletonCard />}>
        {(acc) => (
          <div className="space-y-4">
            <Trouble account={acc} />
            <ClientTrouble account={acc} />
            <div className="grid gap-4 lg:grid-cols-2">
              <Card title="Identity">
                <Facts
                  facts={[
                    ["Connected as", acc.name ?? <span className="text-muted">unknown</span>],
                    ["App", <>{acc.app.name} <code className="text-[0.8125rem] text-muted">{acc.app.name_slug}</code></>],
                    ["User", <Link key="u" {...(paths.user(scope, acc.external_id) as { to: string })} className="break-all text-accent hover:underline underline-offset-4">{acc.external_id}</Link>],
                    ["Id", <Id key="id" id={acc.id} />],
                    ["Connected", <Time key="c" at={acc.created_at} />],
                    ["Changed", <Time key="m" at={acc.updated_at} />],
                  ]}
                />
              </Card>
              <Card title="Credential">
                <Facts
                  facts={[
                    ["Kind", acc.app.auth_type ?? "—"],
                    [ended(acc) ? "Ended" : "Expires", <Time key="e" at={acc.expires_at} none="does not expire" />],
                    ["Last refresh", <Time key="l" at={acc.last_refreshed_at} none="never" />],
                    ["Next refresh", <Time key="n" at={acc.next_refresh_at} none="none planned" />],
                    ["Scopes", <Scopes key="s" scopes={acc.authorized_scopes} />],
                    ...(acc.missing_scopes.length > 0 ? ([["Asked for, not allowed", <Scopes key="m" scopes={acc.missing_scopes} />]] as [string, ReactNode][]) : []),
                  ]}
                />
              </Card>
            </div>
            <AccountHealthCard account={acc} />
          </div>
        )}
      </Async>
    </>
  );
}

const ended = (a: Account) => a.expires_at !== null && Date.parse(a.expires_at) < Date.now();

/** What is wrong, since when, and what to do about it. */
function Trouble({ account }: { account: Account }) {
  const state = health(account);
  if (state === "healthy") return null;
  const dead = state === "dead";
  return (
    <div role="status" className={cn("flex flex-wrap items-start justify-between gap-3 rounded-md border px-4 py-3", dead ? "border-bad/30 bg-bad-soft" : "border-warn/30 bg-warn-soft")}>
      <div className="min-w-0">
        <p className={cn("font-medium", dead ? "text-bad" : "text-warn")}>
          {dead ? "This account died" : "This account became degraded"} <Time at={account.health_since} />
        </p>
        {account.error && <p className="mt-1 break-words">{account.error}</p>}
        <p className="mt-1 text-muted">
          {dead ? `It is not tried any more. ${account.external_id} has to connect it again; it keeps its id.` : "It is tried again until it works or the provider says that it never will. Nobody has to do anything yet."}
        </p>
      </div>
      {dead && <ReconnectButton account={account} variant="primary" />}
    </div>
  );
}

/** An account is as good as before when its client is suspended, but nobody refreshes it. */
function ClientTrouble({ account: a }: { account: Account }) {
  const { projectId } = useScope();
  const id = clientOf(a);
  const client = useQuery({
    queryKey: ["oauth_apps", projectId, "one", id],
    queryFn: () => data(api.GET("/connect/{project_id}/oauth_apps/{oauth_app_id}", { params: { path: { project_id: projectId, oauth_app_id: id ?? "" } } })),
    enabled: id !== undefined && !a.dead,
  });
  return client.data ? <Suspended client={client.data} /> : null;
}

function Scopes({ scopes }: { scopes: string[] }) {
  if (scopes.length === 0) return <span className="text-muted">none named</span>;
  return (
    <ul className="flex flex-wrap gap-1">
      {scopes.map((s) => (
        <li key={s} className="min-w-0">
          <Badge className="h-auto min-h-5 rounded whitespace-normal break-all font-mono font-normal">{s}</Badge>
        </li>
      ))}
    </ul>
  );
}
