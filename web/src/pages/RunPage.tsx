import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { api, data } from "@/api/client";
import { within, type RunStep } from "@/api/types";
import { Async, SkeletonCard } from "@/components/Async";
import { Id } from "@/components/Copy";
import { Fold, Json } from "@/components/Json";
import { PageHead } from "@/components/PageHead";
import { live, RunBadge, StepBadge } from "@/components/Status";
import { Time } from "@/components/Time";
import { Card, Facts } from "@/components/ui/card";
import { Waterfall } from "@/components/Waterfall";
import { useParam, useScope } from "@/lib/hooks";
import { duration } from "@/lib/time";
import { paths } from "@/paths";

/** One run: where it stands and what came out. It watches itself until it is over. */
export function RunPage() {
  const scope = useScope();
  const id = useParam("runId");
  const run = useQuery({
    queryKey: ["runs", scope, "one", id],
    queryFn: () => data(api.GET("/projects/{project_id}/runs/{run_id}", { params: { ...within(scope), path: { project_id: scope.projectId, run_id: id } } })),
    refetchInterval: (q) => (live(q.state.data?.run) ? 2_000 : false),
  });
  const head = run.data?.run;
  return (
    <>
      <PageHead title={head ? `Run of ${head.workflow_name}` : "Run"} up={{ label: "Runs", place: paths.runs(scope) }} badge={head && <RunBadge status={head.status} />} />
      <Async query={run} skeleton={<SkeletonCard />}>
        {({ run: r, input, steps }) => (
          <div className="space-y-4">
            {r.error && (
              <div role="status" className="rounded-md border border-bad/30 bg-bad-soft px-4 py-3">
                <p className="font-medium text-bad">
                  {r.error.step ? `Step ${r.error.step} failed` : "The run failed"}
                  <code className="ml-2 text-xs font-normal">{r.error.code}</code>
                </p>
                <p className="mt-1 break-words">{r.error.message}</p>
              </div>
            )}
            <div className="grid gap-4 lg:grid-cols-[minmax(0,20rem)_minmax(0,1fr)]">
              <Card title="Facts">
                <Facts
                  facts={[
                    ["Id", <Id key="id" id={r.id} short />],
                    ["Workflow", <Link key="w" {...(paths.workflow(scope, r.workflow_id) as { to: string })} className="text-accent hover:underline underline-offset-4">{r.workflow_name}</Link>],
                    ["Version", r.version],
                    ["User", r.external_user_id ? <Link key="u" {...(paths.user(scope, r.external_user_id) as { to: string })} className="break-all text-accent hover:underline underline-offset-4">{r.external_user_id}</Link> : "none"],
                    ["Created", <Time key="c" at={r.created_at} />],
                    ["Finished", <Time key="f" at={r.finished_at} none="not yet" />],
                  ]}
                />
              </Card>
              <Card title="Timing">
                {steps.length > 0 || live(r) ? <Waterfall run={r} steps={steps} /> : <p className="text-muted">It was over before a step began.</p>}
              </Card>
            </div>
            <Card title="Input">
              <Fold title="The triggering event" open={steps.length === 0}>
                <Json value={input} what="the input" />
              </Fold>
            </Card>
            <section>
              <h2 className="mb-2 font-semibold">Steps</h2>
              <ol className="space-y-3">
                {steps.map((s, i) => (
                  <StepCard key={s.name} step={s} number={i + 1} />
                ))}
                {steps.length === 0 && <li className="text-muted">No step has begun.</li>}
              </ol>
            </section>
          </div>
        )}
      </Async>
    </>
  );
}

function StepCard({ step: s, number }: { step: RunStep; number: number }) {
  const has = (v: unknown) => v !== undefined && v !== null;
  return (
    <li id={`step-${s.name}`} className="scroll-mt-16 rounded-lg border border-line bg-surface px-4 py-3 shadow-card">
      <div className="flex flex-wrap items-center gap-x-2.5 gap-y-1">
        <span className="text-muted tabular-nums">{number}.</span>
        <h3 className="font-semibold">{s.name}</h3>
        <code className="text-xs text-muted">{s.type}</code>
        <StepBadge status={s.status} />
        {s.duration_ms !== null && <span className="ml-auto text-[0.8125rem] text-muted tabular-nums">{duration(s.duration_ms)}</span>}
      </div>
      {s.error && (
        <p className="mt-2 break-words text-bad">
          {s.error.message} <code className="text-xs">{s.error.code}</code>
        </p>
      )}
      <div className="mt-1">
        {has(s.input) && (
          <Fold title="Input" open={s.status === "failed"}>
            <Json value={s.input} what={`the input of ${s.name}`} />
          </Fold>
        )}
        {has(s.output) && (
          <Fold title="Output" open={s.status === "failed" || s.status === "ended_early"}>
            <Json value={s.output} what={`the output of ${s.name}`} />
          </Fold>
        )}
        {s.error && (
          <Fold title="Error">
            <Json value={s.error} what={`the error of ${s.name}`} />
          </Fold>
        )}
      </div>
    </li>
  );
}
