import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Plug } from "lucide-react";
import { useCallback } from "react";
import { listAccounts, listApps } from "@/api/calls";
import type { AccountState } from "@/api/types";
import { accountColumns } from "@/components/columns";
import { ConnectButton } from "@/components/ConnectButton";
import { Empty, NoMatch } from "@/components/Empty";
import { Filters, TextFilter } from "@/components/Filters";
import { ListTable } from "@/components/ListTable";
import { PageHead } from "@/components/PageHead";
import { buttonStyle } from "@/components/ui/button";
import { healthWord } from "@/components/Status";
import { Select } from "@/components/ui/select";
import { useFilters, usePages, useScope } from "@/lib/hooks";
import { paths } from "@/paths";

const states: AccountState[] = ["healthy", "degraded", "dead"];
const healths = [{ value: "", label: "Any health" }, ...states.map((s) => ({ value: s, label: healthWord(s) }))];

export function AccountsPage() {
  const scope = useScope();
  const [{ app, user, state }, setFilters] = useFilters();
  const chosen = states.find((s) => s === state); // an address may hold anything
  const accounts = usePages(["accounts", scope, { app, user, state: chosen }], (after, limit) => listAccounts(scope, { app, external_user_id: user, state: chosen, after, limit }));
  const apps = useQuery({ queryKey: ["apps", "names"], queryFn: () => listApps({ limit: 200 }), staleTime: 300_000 });
  const byUser = useCallback((v: string) => setFilters({ user: v }), [setFilters]);
  const clear = () => setFilters({ app: undefined, user: undefined, state: undefined });
  const options = [{ value: "", label: "All apps" }, ...(apps.data?.data ?? []).map((a) => ({ value: a.name_slug, label: a.name }))];
  // An app of the address that the catalogue's first page does not hold can still be seen and cleared.
  if (app && !options.some((o) => o.value === app)) options.push({ value: app, label: app });
  return (
    <>
      <PageHead title="Accounts" text="What your users have connected." actions={<Actions />} />
      <Filters clear={app || user || state ? clear : undefined}>
        <Select label="App" value={app ?? ""} onChange={(v) => setFilters({ app: v })} options={options} className="w-44" />
        <Select label="Health" value={chosen ?? ""} onChange={(v) => setFilters({ state: v })} options={healths} className="w-36" />
        <TextFilter label="Exact external user id" value={user ?? ""} onChange={byUser} />
      </Filters>
      <ListTable
        views="accounts"
        label="Accounts"
        query={accounts}
        columns={accountColumns}
        rowKey={(a) => a.id}
        place={(a) => paths.account(scope, a.id)}
        empty={
          app || user || state ? (
            <NoMatch clear={clear} />
          ) : (
            <Empty icon={Plug} title="No accounts yet" action={<ConnectButton />}>
              Your server makes a connect token for a user, the user signs in to an app on the hosted page, and the account shows up here. Its tokens are
              kept fresh from then on.
            </Empty>
          )
        }
      />
    </>
  );
}

function Actions() {
  const scope = useScope();
  return (
    <>
      <Link {...(paths.revocations(scope) as { to: string })} className={buttonStyle()}>
        Revocations
      </Link>
      <Link {...(paths.imports(scope) as { to: string })} className={buttonStyle()}>
        Import
      </Link>
      <ConnectButton />
    </>
  );
}
