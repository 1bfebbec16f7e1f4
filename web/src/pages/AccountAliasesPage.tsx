import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { AtSign, Plus } from "lucide-react";
import { useMemo, useState } from "react";
import { aliasesQuery, draftsQuery, removeAlias } from "@/api/aliases";
import { AliasDialog } from "@/components/AliasDialog";
import { Async } from "@/components/Async";
import { Confirm } from "@/components/Confirm";
import { Empty } from "@/components/Empty";
import { Rows, type Column } from "@/components/ListTable";
import { PageHead } from "@/components/PageHead";
import { Time } from "@/components/Time";
import { UsedBy } from "@/components/UsedBy";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { mismatch, namedAccounts, type NamedAccount } from "@/lib/aliases";
import { useScope } from "@/lib/hooks";
import { paths } from "@/paths";

/** Which accounts the names in workflows stand for, in this environment. */
export function AccountAliasesPage() {
  const scope = useScope();
  const queries = useQueryClient();
  const aliases = useQuery(aliasesQuery(scope));
  const workflows = useQuery(draftsQuery(scope));
  const [open, setOpen] = useState<NamedAccount | "new">();
  const drafts = useMemo(() => workflows.data ?? [], [workflows.data]);
  const missing = useMemo(() => namedAccounts(aliases.data ?? [], drafts).filter((n) => !n.set).length, [aliases.data, drafts]);
  const refresh = () => void queries.invalidateQueries({ queryKey: ["account_aliases"] });
  const columns: Column<NamedAccount>[] = [
    {
      head: "Alias",
      cell: (n) => (
        <span className="block min-w-20">
          <code className="break-all">{n.alias}</code>
          {n.about && <span className="block text-xs font-normal text-muted">{n.about}</span>}
        </span>
      ),
    },
    {
      head: "Account",
      cell: (n) =>
        n.set ? (
          <span className="block min-w-0">
            <Link {...(paths.account(scope, n.set.account_id) as { to: string })} className="block max-w-24 truncate text-accent hover:underline underline-offset-4 sm:max-w-48">
              {n.set.account_name ?? n.set.app}
            </Link>
            <span className="block max-w-24 truncate text-xs text-muted sm:max-w-48">
              {n.set.app}, {n.set.external_user_id}
            </span>
            {mismatch(n, drafts) && <Badge tone="bad">Asked for: {mismatch(n, drafts)}</Badge>}
          </span>
        ) : (
          <Badge tone="warn">None yet</Badge>
        ),
    },
    { head: "Used by", from: "md", cell: (n) => <UsedBy uses={n.uses} /> },
    { head: "Changed", from: "lg", cell: (n) => <Time row at={n.set?.updated_at ?? null} none="—" /> },
    {
      head: "Action",
      className: "text-right whitespace-nowrap",
      cell: (n) => (
        <span className="inline-flex flex-wrap justify-end gap-1.5 max-sm:w-16">
          <Button size="sm" variant={n.set ? "secondary" : "primary"} aria-label={`${n.set ? "Change" : "Choose"} ${n.alias}`} onClick={() => setOpen(n)}>
            {n.set ? "Change" : "Choose"}
          </Button>
          {n.set && (
            <Confirm
              trigger={
                <Button size="sm" variant="dangerGhost" aria-label={`Delete ${n.alias}`}>
                  Delete
                </Button>
              }
              title={`Delete ${n.alias}?`}
              text={n.uses.length > 0 ? `${n.uses.map((u) => u.name).join(", ")} ${n.uses.length === 1 ? "uses" : "use"} it: steps that need it fail from then on. The account itself stays.` : "No workflow names it. The account itself stays."}
              action="Delete alias"
              done="Alias deleted"
              act={() => removeAlias(scope, n.alias)}
              after={refresh}
            />
          )}
        </span>
      ),
    },
  ];
  const add = (
    <Button variant="primary" onClick={() => setOpen("new")}>
      <Plus className="size-4" aria-hidden />
      New alias
    </Button>
  );
  return (
    <>
      <PageHead
        title="Account aliases"
        badge={missing > 0 && <Badge tone="warn">{missing} missing</Badge>}
        text={`The accounts of the project that workflows use by a name, in ${scope.environment}. So one document of a workflow does for both environments: each says for itself which account a name stands for.`}
        actions={add}
      />
      <section className="rounded-lg border border-line bg-surface shadow-card">
        <Async query={aliases}>
          {(set) => {
            const rows = namedAccounts(set, drafts);
            return rows.length === 0 ? (
              <Empty icon={AtSign} title="No aliases yet" action={add}>
                A workflow names the accounts that it needs under <code>accounts</code>, and its steps use them with <code>{"account: {of: project, alias: crm}"}</code>. What is asked for by a workflow stands here, too.
              </Empty>
            ) : (
              <Rows label="Account aliases" rows={rows} columns={columns} rowKey={(n) => n.alias} />
            );
          }}
        </Async>
      </section>
      {open && <AliasDialog named={open === "new" ? undefined : open} close={() => setOpen(undefined)} saved={refresh} />}
    </>
  );
}
