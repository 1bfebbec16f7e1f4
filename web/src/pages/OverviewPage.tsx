import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ArrowRight } from "lucide-react";
import type { ReactNode } from "react";
import { clientsQuery, listAccounts, listDeliveries, listRuns, webhookQuery, workflowsQuery } from "@/api/calls";
import { Async, SkeletonRows, type Faces } from "@/components/Async";
import { Happened } from "@/components/charts/Happened";
import { Checklist } from "@/components/Checklist";
import { ConnectButton } from "@/components/ConnectButton";
import { Code } from "@/components/Copy";
import { accountColumns, deliveryColumns, runColumns } from "@/components/columns";
import { Rows, type Column } from "@/components/ListTable";
import { PageHead } from "@/components/PageHead";
import { Card } from "@/components/ui/card";
import { checklist } from "@/lib/checklist";
import { counted } from "@/lib/counted";
import { useScope, useSession, type Page } from "@/lib/hooks";
import { quickStart } from "@/lib/snippets";
import { paths, type Place } from "@/paths";

/** Where a project stands, and what to do next. */
export function OverviewPage() {
  const scope = useScope();
  const session = useSession();
  const accounts = useQuery({ queryKey: ["accounts", scope, "recent"], queryFn: () => listAccounts(scope, { limit: 5 }) });
  const runs = useQuery({ queryKey: ["runs", scope, "recent"], queryFn: () => listRuns(scope, { limit: 5 }), refetchInterval: 10_000 });
  const failed = useQuery({ queryKey: ["deliveries", scope, "failed"], queryFn: () => listDeliveries(scope, { state: "exhausted", limit: 5 }) });
  const workflows = useQuery(workflowsQuery(scope));
  const webhook = useQuery(webhookQuery(scope));
  const clients = useQuery(clientsQuery);
  const steps = checklist({
    accounts: accounts.data?.page_info.total_count,
    deployedWorkflows: workflows.data?.data.filter((w) => w.version > 0).length,
    webhook: webhook.data && webhook.data.data !== null,
    clients: clients.data?.data.length,
  });
  return (
    <>
      <PageHead title="Overview" actions={<ConnectButton />} />
      <div className="space-y-4">
        <Checklist steps={steps} scope={scope} />
        <Happened />
        <div className="grid gap-4 xl:grid-cols-2">
          <Recent title="Recent accounts" query={accounts} columns={only(accountColumns, "Account", "Health", "Connected")} place={(a) => paths.account(scope, a.id)} all={paths.accounts(scope)} empty="No account is connected yet." />
          <Recent title="Recent runs" query={runs} columns={only(runColumns, "Workflow", "Status", "Created")} place={(r) => paths.run(scope, r.id)} all={paths.runs(scope)} empty="No workflow has run yet." />
        </div>
        <Recent title="Deliveries given up" query={failed} columns={deliveryColumns} place={(d) => paths.delivery(scope, d.id)} all={paths.deliveries(scope, { state: "exhausted" })} empty="None. Every webhook was delivered or is still being tried." />
        <Card title="Quick start" text="From your server to the first account, with this project's real address.">
          <ol className="space-y-4">
            {quickStart(session.base_url, scope).map((s, i) => (
              <li key={s.title} className="grid grid-cols-1 gap-x-6 gap-y-2 md:grid-cols-[15rem_minmax(0,1fr)]">
                <div>
                  <div className="font-medium">
                    {i + 1}. {s.title}
                  </div>
                  <p className="text-[0.8125rem] text-muted">{s.text}</p>
                </div>
                <Code code={s.code} what={`“${s.title}”`} />
              </li>
            ))}
          </ol>
        </Card>
      </div>
    </>
  );
}

const only = <T,>(columns: Column<T>[], ...heads: string[]) => columns.filter((c) => heads.includes(c.head));

interface RecentProps<T> {
  title: string;
  query: Faces<Page<T>>;
  columns: Column<T>[];
  place: (row: T) => Place;
  all: Place;
  empty: ReactNode;
}

function Recent<T extends { id: string }>({ title, query, columns, place, all, empty }: RecentProps<T>) {
  return (
    <Card
      flush
      title={
        <>
          {title}
          {query.data && query.data.page_info.total_count > 0 && <span className="ml-2 font-normal text-muted tabular-nums">{counted(query.data.page_info.total_count)}</span>}
        </>
      }
      actions={
        <Link {...(all as { to: string })} aria-label={`All of “${title}”`} className="inline-flex items-center gap-1 text-[0.8125rem] text-accent hover:underline underline-offset-4">
          All <ArrowRight className="size-3.5" aria-hidden />
        </Link>
      }
    >
      <Async query={query} skeleton={<SkeletonRows rows={3} />}>
        {(d) => (d.data.length === 0 ? <p className="px-4 py-6 text-muted">{empty}</p> : <Rows rows={d.data} columns={columns} rowKey={(r) => r.id} place={place} label={title} />)}
      </Async>
    </Card>
  );
}
