import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Download } from "lucide-react";
import { lazy, Suspense, useId, useMemo, type ReactNode } from "react";
import { api, data } from "@/api/client";
import { within, type Schemas, type Scope } from "@/api/types";
import { Async, Skeleton } from "@/components/Async";
import { Rows, type Column } from "@/components/ListTable";
import { LimitsCard } from "@/components/LimitsCard";
import { PageHead } from "@/components/PageHead";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Choice } from "@/components/ui/choice";
import { Select } from "@/components/ui/select";
import { useToast } from "@/components/ui/toast";
import { download } from "@/lib/csv";
import { useFilters, useScope } from "@/lib/hooks";
import { daysOf, everyDay, groupingOf, groupings, kindOf, kinds, spanOf, spans, type Counts, type GroupBy, type Kind, type UsageGroup } from "@/lib/usage";
import { paths, type Place } from "@/paths";

// The library that draws is fetched after the page is there.
const Bars = lazy(() => import("@/components/charts/Bars").then((m) => ({ default: m.Bars })));
const colours = ["info"] as const;
const all = Object.keys(kinds) as Kind[];

/** What the environment used, over time and by whom. */
export function UsagePage() {
  const scope = useScope();
  const toast = useToast();
  const [search, setFilters] = useFilters();
  const [span, by, kind] = [spanOf(search.span), groupingOf(search.by), kindOf(search.kind)];
  const { from, to } = daysOf(span, Date.now());
  const count = (group: GroupBy, limit: number) => ({
    queryKey: ["usage", scope, from, to, group, limit],
    queryFn: async () => (await data(api.GET("/projects/{project_id}/usage", { params: { ...within(scope), query: { from, to, group_by: group, limit } } }))) as Schemas["UsageReport"], // no table was asked for
    refetchInterval: 60_000,
    placeholderData: keepPreviousData,
  });
  const days = useQuery(count("day", 400));
  const groups = useQuery(count(by, by === "day" ? 400 : 100));
  const save = async () => {
    try {
      const table = await data(api.GET("/projects/{project_id}/usage", { params: { ...within(scope), query: { from, to, group_by: by, format: "csv" } }, parseAs: "blob" }));
      download(`usage-by-${by}-${scope.environment}-${from}-${to}.csv`, table as unknown as Blob);
    } catch (e) {
      toast.bad("Nothing was downloaded", e);
    }
  };
  return (
    <>
      <PageHead
        title="Usage"
        text="What this environment used, by day in UTC. It is counted a few seconds after it happened."
        actions={
          <Button onClick={() => void save()}>
            <Download className="size-4" aria-hidden />
            CSV
          </Button>
        }
      />
      <div className="space-y-4">
        <Card
          title={`The last ${spans[span]}`}
          actions={<Choice label="Period" value={span} onChange={(v) => setFilters({ span: v === "30" ? undefined : v })} options={Object.entries(spans).map(([value, label]) => ({ value, label }))} />}
          flush
        >
          <Async query={days} skeleton={<Skeleton className="m-4 h-48" />}>
            {(d) => (
              <>
                <Totals total={d.total} kind={kind} choose={(k) => setFilters({ kind: k === "action_runs" ? undefined : k })} />
                <Chart groups={d.data} kind={kind} from={d.from} to={d.to} />
              </>
            )}
          </Async>
        </Card>
        <Card title="By whom and of what" flush actions={<Select label="Grouped by" value={by} onChange={(v) => setFilters({ by: v === "day" ? undefined : v })} options={Object.entries(groupings).map(([value, label]) => ({ value, label }))} className="w-36" />}>
          <Async query={groups} skeleton={<Skeleton className="m-4 h-48" />}>
            {(g) => <Groups groups={by === "day" ? g.data.toReversed() : g.data} by={by} scope={scope} />}
          </Async>
        </Card>
        <LimitsCard />
      </div>
    </>
  );
}

function Totals({ total, kind, choose }: { total: Counts; kind: Kind; choose: (k: Kind) => void }) {
  return (
    <div role="group" aria-label="What the chart shows" className="grid grid-cols-2 gap-px border-b border-line bg-line sm:grid-cols-4 xl:grid-cols-7">
      {all.map((k) => (
        <button key={k} type="button" aria-pressed={k === kind} onClick={() => choose(k)} className="bg-surface px-4 py-2.5 text-left last:col-span-2 hover:bg-sunken xl:last:col-span-1 aria-pressed:shadow-[inset_0_-2px_0_var(--accent)]">
          <span className="block text-[0.8125rem] text-muted">{kinds[k]}</span>
          <span className="font-medium tabular-nums">{total[k].toLocaleString("en")}</span>
        </button>
      ))}
    </div>
  );
}

function Chart({ groups, kind, from, to }: { groups: UsageGroup[]; kind: Kind; from: string; to: string }) {
  const id = useId();
  const columns = useMemo(() => everyDay(groups, kind, from, to), [groups, kind, from, to]);
  const most = Math.max(...columns[1]);
  return (
    <figure className="min-w-0 px-4 py-3" aria-labelledby={id}>
      <figcaption id={id} className="mb-2 flex flex-wrap items-baseline justify-between gap-x-3">
        <span className="font-medium">{kinds[kind]} by day</span>
        <span className="text-[0.8125rem] text-muted tabular-nums">{most === 0 ? "none" : `${most.toLocaleString("en")} on the busiest day; each day is in the table below`}</span>
      </figcaption>
      {most === 0 ? (
        <div aria-hidden className="flex h-[120px] items-end border-b border-line" />
      ) : (
        <Suspense fallback={<Skeleton className="h-[120px]" />}>
          <Bars columns={columns} colours={colours} period="30d" />
        </Suspense>
      )}
    </figure>
  );
}

function places(by: GroupBy, scope: Scope, key: string): Place | undefined {
  switch (by) {
    case "user":
      return paths.user(scope, key);
    case "app":
      return paths.app(scope, key);
    case "workflow":
      return paths.workflow(scope, key);
    default:
      return undefined;
  }
}

function Groups({ groups, by, scope }: { groups: UsageGroup[]; by: GroupBy; scope: Scope }): ReactNode {
  if (groups.length === 0) return <p className="px-4 py-6 text-muted">Nothing was used in these days. Connects, actions, calls through the proxy, events of triggers, deliveries and runs are counted as they happen.</p>;
  const columns: Column<UsageGroup>[] = [
    {
      head: groupings[by],
      cell: (g) => {
        const place = g.key ? places(by, scope, g.key) : undefined;
        if (!g.key) return <span className="text-muted">none</span>;
        return place ? (
          <Link {...(place as { to: string })} className="block max-w-56 truncate text-accent hover:underline underline-offset-4" title={g.key}>
            {g.key}
          </Link>
        ) : (
          <span className="block max-w-56 truncate" title={g.key}>
            {g.key}
          </span>
        );
      },
    },
    ...all.map((k, i): Column<UsageGroup> => ({ head: kinds[k], from: i === 1 || i === 6 ? undefined : i < 4 ? "md" : "lg", cell: (g) => <span className="tabular-nums">{g.counts[k].toLocaleString("en")}</span> })),
  ];
  return <Rows rows={groups} columns={columns} rowKey={(g) => g.key ?? ""} label={`Usage by ${by}`} />;
}
