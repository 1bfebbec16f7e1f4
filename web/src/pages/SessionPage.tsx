import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { CircleCheck, CircleDot, CircleX, TriangleAlert } from "lucide-react";
import { api, data } from "@/api/client";
import { within, type ConnectSession, type ConnectStep } from "@/api/types";
import { Async, SkeletonCard } from "@/components/Async";
import { Id } from "@/components/Copy";
import { PageHead } from "@/components/PageHead";
import { Time } from "@/components/Time";
import { Badge } from "@/components/ui/badge";
import { Card, Facts } from "@/components/ui/card";
import { cn } from "@/lib/cn";
import { useParam, useScope } from "@/lib/hooks";
import { reached, replay, stages, statuses, type Told } from "@/lib/sessions";
import { duration } from "@/lib/time";
import { paths } from "@/paths";

/** One visit of a user to the connect page, from its opening to its end. */
export function SessionPage() {
  const scope = useScope();
  const id = useParam("sessionId");
  const session = useQuery({
    queryKey: ["connect_session", scope, id],
    queryFn: () => data(api.GET("/projects/{project_id}/connect_sessions/{connect_session_id}", { params: { ...within(scope), path: { project_id: scope.projectId, connect_session_id: id } } })),
    refetchInterval: (q) => (q.state.data?.session.status === "open" ? 3_000 : false),
  });
  return (
    <Async query={session} skeleton={<SkeletonCard />}>
      {({ session: s, steps }) => (
        <>
          <PageHead
            title={`${s.external_user_id}${s.app ? ` connects ${s.app}` : ""}`}
            up={{ label: "Connect sessions", place: paths.sessions(scope) }}
            badge={<Badge tone={statuses[s.status].tone} dot>{statuses[s.status].label}</Badge>}
            text={ending(s)}
          />
          <div className="grid items-start gap-4 lg:grid-cols-[minmax(0,1fr)_19rem]">
            <Card title="Step by step">
              <ol className="relative">
                {replay(steps).map((t, i) => (
                  <Step key={`${t.at} ${i}`} told={t} last={i === steps.length - 1} />
                ))}
              </ol>
            </Card>
            <div className="space-y-4">
              <Way session={s} steps={steps} />
              <Card title="Facts">
                <Facts
                  facts={[
                    ["User", <Link key="u" {...(paths.user(scope, s.external_user_id) as { to: string })} className="break-all text-accent hover:underline underline-offset-4">{s.external_user_id}</Link>],
                    ["Opened", <Time key="o" at={s.created_at} />],
                    ["Took", duration(Date.parse(s.updated_at) - Date.parse(s.created_at))],
                    ["Shown", s.framed ? "in a page of yours" : "on its own"],
                    ...(s.auth ? [["Way", <code key="w">{s.auth}</code>] as [string, React.ReactNode]] : []),
                    ...(s.account_id ? [["Account", <Link key="a" {...(paths.account(scope, s.account_id) as { to: string })} className="break-all text-accent hover:underline underline-offset-4">{s.account_id}</Link>] as [string, React.ReactNode]] : []),
                    ["Id", <Id key="i" id={s.id} what="id of the session" short />],
                  ]}
                />
              </Card>
            </div>
          </div>
        </>
      )}
    </Async>
  );
}

function ending(s: ConnectSession): string {
  if (s.status === "succeeded") return "The account was connected.";
  if (s.status === "open") return `Came as far as: ${reached(s.reached)}.`;
  return `Came as far as: ${reached(s.reached)}.${s.code ? ` It ended with ${s.code}.` : ""}`;
}

/** The stages, and which of them were reached. Keys take a shorter way than a visit to the provider. */
function Way({ session: s, steps }: { session: ConnectSession; steps: ConnectStep[] }) {
  const seen = new Set(steps.map((t) => t.name as string));
  const way = stages.filter(([name], i) => seen.has(name) || i >= stages.findIndex(([last]) => last === s.reached));
  const at = way.findIndex(([name]) => name === s.reached);
  return (
    <Card title="Way">
      <ol className="space-y-1">
        {way.map(([name, label], i) => (
          <li key={name} aria-current={i === at ? "step" : undefined} className={cn("flex items-center gap-2", i > at && "text-muted")}>
            <span aria-hidden className={cn("size-2 rounded-full", i > at ? "border border-line-strong" : s.status === "succeeded" ? "bg-good" : i === at && s.status === "failed" ? "bg-bad" : "bg-fill")} />
            <span className={cn(i === at && "font-medium")}>{label}</span>
            {i > at && <span className="sr-only">(not reached)</span>}
          </li>
        ))}
      </ol>
    </Card>
  );
}

const icons = { good: CircleCheck, warn: TriangleAlert, bad: CircleX, neutral: CircleDot };
const colours = { good: "text-good", warn: "text-warn", bad: "text-bad", neutral: "text-muted" };

/** A step, after the time it took to come: a long wait is a long line. */
function Step({ told: t, last }: { told: Told; last: boolean }) {
  const Icon = icons[t.kind];
  const wait = t.after ?? 0;
  return (
    <li>
      {t.after !== undefined && (
        <div className="ml-[0.6875rem] flex items-center border-l border-line pl-5 text-xs tabular-nums text-muted" style={{ height: `${Math.min(3.5, 0.9 + Math.log10(1 + wait / 500) * 0.9)}rem` }}>
          {wait >= 1_000 && duration(wait)}
          {wait >= 1_000 && <span className="sr-only"> later</span>}
        </div>
      )}
      <div className={cn("flex items-start gap-3", last && "pb-0")}>
        <span className="flex size-6 shrink-0 items-center justify-center">
          <Icon className={cn("size-4", colours[t.kind])} aria-hidden />
        </span>
        <div className="flex min-w-0 grow flex-wrap items-baseline justify-between gap-x-4 pt-0.5">
          <p className="min-w-0">
            <span className={cn("font-medium", t.kind === "bad" && "text-bad")}>{t.title}</span>
            {t.screen && <span className="text-muted"> on “{t.screen}”</span>}
            {t.detail && <code className="ml-2 text-[0.8125rem] break-all text-muted">{t.detail}</code>}
          </p>
          <p className="text-xs text-muted">{t.source === "page" ? "seen by the page" : "seen by the server"}</p>
        </div>
      </div>
    </li>
  );
}
