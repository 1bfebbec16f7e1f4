import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { Run, RunDetail } from "@/api/types";
import { Async, SkeletonCard } from "@/components/Async";
import { Id } from "@/components/Copy";
import { Fold, Json } from "@/components/Json";
import { runDetail } from "@/components/flow/past";
import { PageHead } from "@/components/PageHead";
import { RunAnswer } from "@/components/queues/RunAnswer";
import { RunActions } from "@/components/RunActions";
import { RunStepCard } from "@/components/RunStepCard";
import { live, RunBadge } from "@/components/Status";
import { Time } from "@/components/Time";
import { Badge } from "@/components/ui/badge";
import { Card, Facts } from "@/components/ui/card";
import { Waterfall } from "@/components/Waterfall";
import { useFilters, useParam, useScope } from "@/lib/hooks";
import { useRunStream } from "@/lib/useRunStream";
import { paths, type Place } from "@/paths";

/** One run: where it stands and what came out. It watches itself until it is over. */
export function RunPage() {
  const scope = useScope();
  const id = useParam("runId");
  const run = useQuery({
    queryKey: ["runs", scope, "one", id],
    queryFn: () => runDetail(scope, id),
    refetchInterval: (q) => (live(q.state.data?.run) ? 2_000 : false),
  });
  const head = run.data?.run;
  useRunStream(scope, live(head) ? `runs/${id}/stream` : "");
  return (
    <>
      <PageHead title={head ? `Run of ${head.workflow_name}` : "Run"} up={{ label: "Runs", place: paths.runs(scope) }} badge={head && <><RunBadge status={head.status} />{head.test && <Badge>Test</Badge>}</>} actions={run.data && <RunActions detail={run.data} />} />
      <Async query={run} skeleton={<SkeletonCard />}>
        {(d) => <Known detail={d} />}
      </Async>
    </>
  );
}

function Known({ detail }: { detail: RunDetail }) {
  const { run: r, input, failures, steps } = detail;
  const [{ step }, setFilters] = useFilters();
  // Unless another is asked for, the one that somebody comes to see: what went wrong, or what came last.
  const shown = steps.find((s) => s.path === step) ?? steps.filter((s) => s.status === "failed").sort((a, b) => b.path.length - a.path.length)[0] ?? steps.findLast((s) => s.status !== "pending");
  return (
    <div className="space-y-4">
      {r.error && (
        <div role="status" className="rounded-md border border-bad/30 bg-bad-soft px-4 py-3">
          <p className="font-medium text-bad">
            {r.error.step ? `Step ${r.error.step} failed` : "The run failed"}
            <code className="ml-2 text-xs font-normal">{r.error.code}</code>
          </p>
          <p className="mt-1 break-words">{r.error.message}</p>
          {r.retry_at && (
            <p className="mt-1">
              It goes on from that step <Time at={r.retry_at} />.
            </p>
          )}
        </div>
      )}
      <div className="grid items-start gap-4 lg:grid-cols-[minmax(0,1fr)_minmax(0,24rem)]">
        <div className="min-w-0 space-y-4">
          <Card title="Steps">{steps.length > 0 || live(r) ? <Waterfall run={r} steps={steps} chosen={shown?.path} choose={(path) => setFilters({ step: path })} /> : <p className="text-muted">It was over before a step began.</p>}</Card>
          <RunAnswer detail={detail} />
          {shown && <RunStepCard key={shown.path} step={shown} />}
        </div>
        <div className="min-w-0 space-y-4">
          <Card title="Facts">
            <RunFacts run={r} />
          </Card>
          {failures.length > 1 && (
            <Card title="What went wrong before">
              <ol className="space-y-2">
                {failures.toReversed().map((f) => (
                  <li key={f.at} className="text-[0.8125rem]">
                    <p className="text-muted">
                      Attempt {f.attempt}, <Time at={f.at} />
                    </p>
                    <p className="break-words">{f.error.message}</p>
                  </li>
                ))}
              </ol>
            </Card>
          )}
          <Card title="Input">
            <Fold title="The triggering event" open={steps.length === 0}>
              {input === null ? <p className="text-muted">It is not kept.</p> : <Json value={input} what="the input" />}
            </Fold>
          </Card>
        </div>
      </div>
    </div>
  );
}

const link = (key: string, place: Place, text: ReactNode) => (
  <Link key={key} {...(place as { to: string })} className="break-all text-accent hover:underline underline-offset-4">
    {text}
  </Link>
);

function RunFacts({ run: r }: { run: Run }) {
  const scope = useScope();
  return (
    <Facts
      facts={[
        ["Id", <Id key="id" id={r.id} short />],
        ["Workflow", link("w", paths.workflow(scope, r.workflow_id), r.workflow_name)],
        ["Version", r.version],
        ["Started by", r.trigger || "the API"],
        ...(r.parent_id ? [["Called by", link("p", paths.run(scope, r.parent_id), "another run")] as [string, ReactNode]] : []),
        ...(r.replay_of ? [["Replay of", link("o", paths.run(scope, r.replay_of), "an earlier run")] as [string, ReactNode]] : []),
        ...(r.attempts > 1 ? [["Attempts", r.attempts] as [string, ReactNode]] : []),
        ["User", r.external_user_id ? link("u", paths.user(scope, r.external_user_id), r.external_user_id) : "none"],
        ["Created", <Time key="c" at={r.created_at} />],
        ["Finished", <Time key="f" at={r.finished_at} none="not yet" />],
        ["Trace", <Id key="t" id={r.trace_id} what="trace id" short />],
        ...(r.failure_of ? [["Told of", link("f", paths.run(scope, r.failure_of), "a run that failed")] as [string, ReactNode]] : []),
        ["Related", <span key="r" className="flex flex-col gap-2 *:min-h-6">{link("replays", paths.runs(scope, { replay_of: r.id }), "Its replays")}{link("children", paths.runs(scope, { parent: r.id }), "Runs that it called")}</span>],
      ]}
    />
  );
}
