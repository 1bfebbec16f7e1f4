import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { actionRunQuery, cancelActionRun, underWay } from "@/api/actionRuns";
import type { ActionRunState, ProxyBody } from "@/api/types";
import { Async, SkeletonCard } from "@/components/Async";
import { Confirm } from "@/components/Confirm";
import { Id } from "@/components/Copy";
import { Json } from "@/components/Json";
import { PageHead } from "@/components/PageHead";
import { RunLog } from "@/components/RunLog";
import { RunOutcome } from "@/components/RunOutcome";
import { ActionRunBadge } from "@/components/Status";
import { Time } from "@/components/Time";
import { Button } from "@/components/ui/button";
import { Card, Facts } from "@/components/ui/card";
import { originText } from "@/lib/components";
import { useParam, useScope } from "@/lib/hooks";
import { duration } from "@/lib/time";
import { paths, type Place } from "@/paths";

/** One run of an action: what became of it, what it told on its way, and what is kept of what went in and out. */
export function ActionRunPage() {
  const scope = useScope();
  const id = useParam("actionRunId");
  const queries = useQueryClient();
  const run = useQuery(actionRunQuery(scope, id));
  const r = run.data?.run;
  return (
    <>
      <PageHead
        title={r?.component_id ?? "Action run"}
        badge={r && <ActionRunBadge status={r.status} />}
        up={{ label: "Action runs", place: paths.actionRuns(scope) }}
        actions={
          r &&
          underWay(r) && (
            <Confirm
              trigger={<Button variant="dangerGhost">Stop</Button>}
              title="Stop this run?"
              text="One that waits never begins. One that is under way is cut off; whether the app did what it was asked is then not known."
              action="Stop the run"
              done="It is stopped"
              act={() => cancelActionRun(scope, id)}
              after={() => void queries.invalidateQueries({ queryKey: ["action_runs"] })}
            />
          )
        }
      />
      <Async query={run} skeleton={<SkeletonCard />}>
        {(d) => (
          <div className="space-y-4">
            <FactsCard run={d.run} />
            {d.outcome ? (
              <RunOutcome outcome={d.outcome} />
            ) : (
              d.logs && (
                <Card title="Log" text={d.logs.omitted > 0 && `The first ${d.logs.os.length}; ${d.logs.omitted.toLocaleString("en")} more were not kept.`}>
                  <RunLog lines={d.logs.os} />
                </Card>
              )
            )}
            {d.logs?.input || d.logs?.value ? (
              <div className="grid gap-4 lg:grid-cols-2">
                <Kept title="What was filled in" body={d.logs.input} />
                <Kept title="What it returned" body={d.logs.value} />
              </div>
            ) : (
              !underWay(d.run) && <p className="text-muted">What went in and came out is kept only where the project says so.</p>
            )}
          </div>
        )}
      </Async>
    </>
  );
}

function FactsCard({ run: r }: { run: ActionRunState }) {
  const scope = useScope();
  const link = (place: Place, text: ReactNode) => (
    <Link {...(place as { to: string })} className="break-all text-accent hover:underline underline-offset-4">
      {text}
    </Link>
  );
  return (
    <Card title="Facts">
      <Facts
        facts={[
          ...(r.error ? ([["What was wrong", `${originText(r.error.attribution.origin)}: ${r.error.message}`]] as [string, ReactNode][]) : []),
          ["Action", link(paths.component(scope, r.component_id, { user: r.external_user_id }), `${r.component_id} ${r.component_version}`)],
          ["User", link(paths.user(scope, r.external_user_id), r.external_user_id)],
          ["Account", r.account_id ? link(paths.account(scope, r.account_id), r.account_id) : "none"],
          ["Asked by", r.caller ? <Asked key="by" caller={r.caller} /> : "not known"],
          ...(r.approval_id ? ([["Approved by the user", <Id key="ap" id={r.approval_id} what="approval id" />]] as [string, ReactNode][]) : []),
          ...(r.arguments_hash ? ([["Hash of its arguments", <Id key="ah" id={r.arguments_hash} what="hash of its arguments" />]] as [string, ReactNode][]) : []),
          ["How", r.background ? "in the background" : "its caller waited"],
          ["Took", r.duration_ms === null ? "—" : duration(r.duration_ms)],
          ["When", <Time key="t" at={r.created_at} />],
          ["Id", <Id key="i" id={r.id} />],
        ]}
      />
    </Card>
  );
}

/** Who had it run, with a way to them where they have a page. */
function Asked({ caller: c }: { caller: NonNullable<ActionRunState["caller"]> }) {
  const scope = useScope();
  const who = { client: "an API client", member: "a member", connect_token: "the user’s browser", mcp_client: "the user’s program", workflow: "a workflow’s run", system: "the server" }[c.kind];
  return (
    <span className="break-all">
      {c.name ?? who}
      {c.via === "mcp" && " over MCP"} ·{" "}
      {c.kind === "workflow" ? (
        <Link {...(paths.run(scope, c.id) as { to: string })} className="text-accent hover:underline underline-offset-4">
          {c.id}
        </Link>
      ) : (
        <Id id={c.id} />
      )}
    </span>
  );
}

function Kept({ title, body }: { title: string; body: ProxyBody | null }) {
  return (
    <Card title={title}>
      {body && body.omitted === "" ? <Json value={body.text} what={title.toLowerCase()} /> : <p className="text-muted">{body?.omitted === "too_long" ? "It was too long to be kept." : "Nothing was kept."}</p>}
    </Card>
  );
}
