import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { lazy, Suspense, useId, useMemo } from "react";
import { api, data } from "@/api/client";
import { within, type Scope } from "@/api/types";
import { bucketName, percent, periodOf, periodWords, stacked, sum, type Bucket, type PeriodKey, type Statistics } from "@/lib/statistics";
import { useFilters, useScope } from "@/lib/hooks";
import { paths, type Place } from "@/paths";
import { Async, Skeleton } from "../Async";
import { Card } from "../ui/card";
import { Choice } from "../ui/choice";

// The library that draws is fetched after the page is there.
const Bars = lazy(() => import("./Bars").then((m) => ({ default: m.Bars })));

type Kind = "connects" | "refreshes" | "runs" | "deliveries";

const kinds: Record<Kind, { title: string; good: string; bad: string; place: (s: Scope) => Place; why: (s: Scope, code: string) => Place }> = {
  connects: { title: "Connects", good: "Connected", bad: "Failed", place: (s) => paths.sessions(s), why: (s, code) => paths.sessions(s, { code }) },
  refreshes: { title: "Token refreshes", good: "Renewed", bad: "Failed", place: (s) => paths.accounts(s), why: (s) => paths.accounts(s, { state: "degraded" }) },
  runs: { title: "Runs", good: "Succeeded", bad: "Failed", place: (s) => paths.runs(s), why: (s, code) => paths.runs(s, { code }) },
  deliveries: { title: "Deliveries", good: "Delivered", bad: "Given up", place: (s) => paths.deliveries(s), why: (s) => paths.deliveries(s, { state: "exhausted" }) },
};

const colours = ["info", "bad", "good"] as const;
const link = "text-accent hover:underline underline-offset-4";

/** What happened of late, how it ended, and what somebody should look at. */
export function Happened() {
  const scope = useScope();
  const [search, setFilters] = useFilters();
  const period = periodOf(search.period);
  const statistics = useQuery({
    queryKey: ["statistics", scope, period],
    queryFn: () => data(api.GET("/projects/{project_id}/statistics", { params: { ...within(scope), query: { period } } })),
    refetchInterval: 60_000,
    placeholderData: keepPreviousData,
  });
  return (
    <Card
      title={`The last ${periodWords[period]}`}
      actions={<Choice label="Period" value={period} onChange={(p) => setFilters({ period: p === "24h" ? undefined : p })} options={(Object.keys(periodWords) as PeriodKey[]).map((value) => ({ value, label: periodWords[value] }))} />}
      flush
    >
      <Async query={statistics} skeleton={<Skeleton className="m-4 h-72" />}>
        {(s) => (
          <>
            <div className="grid divide-line max-md:divide-y md:grid-cols-2 md:[&>*:nth-child(-n+2)]:border-b md:[&>*:nth-child(odd)]:border-r">
              {(Object.keys(kinds) as Kind[]).map((kind) => (
                <Chart key={kind} kind={kind} buckets={s[kind]} period={period} scope={scope} />
              ))}
            </div>
            <Attention statistics={s} scope={scope} />
          </>
        )}
      </Async>
    </Card>
  );
}

function Chart({ kind, buckets, period, scope }: { kind: Kind; buckets: Bucket[]; period: PeriodKey; scope: Scope }) {
  const id = useId();
  const { title, good, bad, place } = kinds[kind];
  const t = sum(buckets);
  const columns = useMemo(() => stacked(buckets), [buckets]);
  const many = (n: number) => `${n.toLocaleString("en")}${t.more ? "+" : ""}`;
  return (
    <figure className="min-w-0 border-line px-4 py-3" aria-labelledby={id}>
      <figcaption id={id} className="mb-2 flex flex-wrap items-baseline justify-between gap-x-3">
        <Link {...(place(scope) as { to: string })} className="font-medium hover:underline underline-offset-4">
          {title}
        </Link>
        <span className="text-[0.8125rem] text-muted tabular-nums">
          {t.all === 0 ? "none" : `${many(t.all)}${t.share === undefined ? "" : `, ${percent(t.share)} ${good.toLowerCase()}`}${t.bad > 0 ? `, ${many(t.bad)} ${bad.toLowerCase()}` : ""}${t.other > 0 ? `, ${many(t.other)} other` : ""}`}
        </span>
      </figcaption>
      {t.all === 0 ? (
        <div aria-hidden className="flex h-[120px] items-end border-b border-line" />
      ) : (
        <Suspense fallback={<Skeleton className="h-[120px]" />}>
          <Bars columns={columns} colours={colours} period={period} />
        </Suspense>
      )}
      {t.all > 0 && (
        <details className="mt-1 text-[0.8125rem]">
          <summary className="w-fit cursor-pointer text-muted hover:text-text">As a table</summary>
          <div tabIndex={0} role="region" aria-label={`${title} as a table`} className="mt-1 max-h-56 overflow-y-auto">
            <table className="w-full text-left tabular-nums">
              <thead className="text-muted">
                <tr>
                  <th scope="col" className="font-normal">From</th>
                  {[good, bad, "Other"].map((h) => (
                    <th key={h} scope="col" className="text-right font-normal">{h}</th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {buckets.filter((b) => b.good + b.bad + b.other > 0).map((b) => (
                  <tr key={b.start}>
                    <th scope="row" className="font-normal">
                      {bucketName(b.start, period)}
                      {!b.whole && <span className="text-muted"> (the latest of more)</span>}
                    </th>
                    {[b.good, b.bad, b.other].map((n, i) => (
                      <td key={i} className="text-right">{n.toLocaleString("en")}</td>
                    ))}
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </details>
      )}
    </figure>
  );
}

function Attention({ statistics: s, scope }: { statistics: Statistics; scope: Scope }) {
  const many = (n: number, one: string, more: string) => `${n >= 1_000 ? "1,000+" : n} ${n === 1 ? one : more}`;
  const now: [string, Place][] = [
    ...(s.dead_accounts > 0 ? [[`${many(s.dead_accounts, "account has", "accounts have")} to be connected anew`, paths.accounts(scope, { state: "dead" })] as [string, Place]] : []),
    ...(s.overdue_refreshes > 0 ? [[`${many(s.overdue_refreshes, "token refresh is", "token refreshes are")} overdue: look whether a worker is running`, paths.accounts(scope, { state: "degraded" })] as [string, Place]] : []),
  ];
  return (
    <div className="grid gap-x-8 gap-y-4 border-t border-line px-4 py-3 md:grid-cols-2">
      <section>
        <h3 className="mb-1 font-medium">Needs attention</h3>
        {now.length === 0 ? (
          <p className="text-muted">Nothing. No account is broken, and no token refresh is late.</p>
        ) : (
          <ul className="space-y-1">
            {now.map(([text, place]) => (
              <li key={text}>
                <Link {...(place as { to: string })} className={link}>{text}</Link>
              </li>
            ))}
          </ul>
        )}
      </section>
      <section>
        <h3 className="mb-1 font-medium">Why the latest failed</h3>
        {s.errors.length === 0 ? (
          <p className="text-muted">Nothing failed.</p>
        ) : (
          <ul className="space-y-1">
            {s.errors.slice(0, 6).map((e) => (
              <li key={`${e.kind} ${e.code}`} className="flex justify-between gap-3">
                <Link {...(kinds[e.kind].why(scope, e.code) as { to: string })} className={`min-w-0 truncate ${link}`}>
                  <span className="text-muted">{kinds[e.kind].title}: </span>
                  {e.code || "no code"}
                </Link>
                <span className="tabular-nums">{e.count.toLocaleString("en")}</span>
              </li>
            ))}
          </ul>
        )}
      </section>
    </div>
  );
}
