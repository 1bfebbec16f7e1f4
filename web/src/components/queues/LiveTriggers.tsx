import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { CalendarClock, Zap } from "lucide-react";
import { useState } from "react";
import { fireTrigger, firingsQuery, liveTriggersQuery, switchTrigger } from "@/api/queues";
import type { Schemas, Workflow } from "@/api/types";
import { triggerKind } from "@/lib/flow/triggers";
import { useScope } from "@/lib/hooks";
import { paths } from "@/paths";
import { Ask } from "../Ask";
import { Async, SkeletonRows } from "../Async";
import { Id } from "../Copy";
import { Empty } from "../Empty";
import { Rows } from "../ListTable";
import { Time } from "../Time";
import { Badge, type Tone } from "../ui/badge";
import { Button } from "../ui/button";
import { Card } from "../ui/card";
import { Form, FormActions, useSubmit } from "../ui/form";
import { useToast } from "../ui/toast";
import { UserField } from "../UserField";
import { DueTimes } from "./DueTimes";

type Live = Schemas["LiveTrigger"];

/** What starts the version that runs: whether it is on, and when schedules are due. */
export function LiveTriggers({ workflow: w }: { workflow: Workflow }) {
  const triggers = useQuery({ ...liveTriggersQuery(useScope(), w.id), enabled: w.version > 0 });
  if (w.version === 0)
    return (
      <Card title="Triggers">
        <Empty icon={CalendarClock} title="Nothing starts it yet">
          Once it is deployed its triggers stand here: each can be switched off by itself, schedules tell when they are due next, and can be run at once.
        </Empty>
      </Card>
    );
  return (
    <Card flush title="Triggers" text="Of the version that runs.">
      <Async query={triggers} skeleton={<SkeletonRows rows={2} />}>
        {(all) =>
          all.length === 0 ? (
            <p className="px-4 py-4 text-muted">It has none: it is started by hand, by the API or by another workflow.</p>
          ) : (
            <ul aria-label="Triggers of the running version" className="divide-y divide-line">
              {all.map((t) => (
                <One key={t.name} trigger={t} workflowId={w.id} />
              ))}
            </ul>
          )
        }
      </Async>
    </Card>
  );
}

function One({ trigger: t, workflowId }: { trigger: Live; workflowId: string }) {
  const scope = useScope();
  const queries = useQueryClient();
  const toast = useToast();
  const [busy, setBusy] = useState(false);
  const [history, setHistory] = useState(false);
  const refresh = () => void queries.invalidateQueries({ queryKey: ["workflows", scope.projectId], predicate: (q) => ["triggers", "firings"].includes(String(q.queryKey[2])) });
  const flip = async () => {
    setBusy(true);
    try {
      await switchTrigger(scope, workflowId, t.name, !t.active);
      toast.good(t.active ? `${t.name} is off` : `${t.name} is on`);
      refresh();
    } catch (e) {
      toast.bad("Not switched", e);
    } finally {
      setBusy(false);
    }
  };
  return (
    <li className="space-y-2 px-4 py-3">
      <div className="flex flex-wrap items-start gap-x-6 gap-y-2">
        <div className="min-w-48 grow basis-0">
          <div className="flex flex-wrap items-center gap-2">
            <span className="font-medium">{t.name}</span>
            <Badge>{triggerKind(t.type).label}</Badge>
            <Badge tone={t.running ? "good" : "neutral"}>{t.running ? "On" : "Off"}</Badge>
          </div>
          <p className="text-[0.8125rem] text-muted">
            Its runs are in {t.environment}
            {t.fired_at && (
              <>
                ; it fired last <Time at={t.fired_at} />
              </>
            )}
            .{!t.running && t.active && " It is off in the definition, or the workflow is."}
          </p>
          {t.email_address && <Id id={t.email_address} what="the address" />}
          {t.error && <p className="text-[0.8125rem] text-bad">{t.error}</p>}
        </div>
        <div className="flex flex-wrap gap-2">
          {t.type === "schedule" && (
            <>
              <Button size="sm" variant="ghost" aria-expanded={history} aria-label={`What became of it: ${t.name}`} onClick={() => setHistory(!history)}>
                What became of it
              </Button>
              <Ask
                title={`Run ${t.name} now?`}
                description="It begins a run at once, as at a due time. Its due times stay as they are."
                trigger={
                  <Button size="sm" disabled={!t.running} aria-label={`Run now: ${t.name}`}>
                    <Zap className="size-3.5" aria-hidden />
                    Run now
                  </Button>
                }
              >
                {(close) => <FireForm trigger={t} workflowId={workflowId} close={close} after={refresh} />}
              </Ask>
            </>
          )}
          <Button acts size="sm" busy={busy} aria-label={`${t.active ? "Switch off" : "Switch on"}: ${t.name}`} onClick={() => void flip()}>
            {t.active ? "Switch off" : "Switch on"}
          </Button>
        </div>
      </div>
      {t.next_at.length > 0 && <DueTimes times={t.next_at} />}
      {history && <Firings workflowId={workflowId} name={t.name} />}
    </li>
  );
}

function FireForm({ trigger: t, workflowId, close, after }: { trigger: Live; workflowId: string; close: () => void; after: () => void }) {
  const scope = useScope();
  const toast = useToast();
  const queries = useQueryClient();
  const [user, setUser] = useState("");
  const { busy, error, form } = useSubmit(async () => {
    await fireTrigger(scope, workflowId, t.name, user);
    close();
    toast.good("A run is queued");
    after();
    void queries.invalidateQueries({ queryKey: ["runs"] });
  });
  return (
    <Form of={form} className="space-y-4">
      <UserField value={user} onChange={setUser} hint="For whom, if it fires for each user; else left empty." />
      <FormActions error={error} action="Run now" busy={busy} disabled={false} />
    </Form>
  );
}

const states: Record<Schemas["Firing"]["state"], [Tone, string]> = { waiting: ["info", "Due"], fired: ["good", "Fired"], skipped: ["neutral", "Skipped"], refused: ["bad", "Refused"] };

/** What became of a schedule's due times. */
function Firings({ workflowId, name }: { workflowId: string; name: string }) {
  const scope = useScope();
  const firings = useQuery(firingsQuery(scope, workflowId, name));
  return (
    <div className="rounded-md border border-line">
      <Async query={firings} skeleton={<SkeletonRows rows={2} />}>
        {(all) =>
          all.length === 0 ? (
            <p className="px-4 py-3 text-[0.8125rem] text-muted">It has not been due in the last seven days.</p>
          ) : (
            <Rows
              label={`Due times of ${name}`}
              rows={all}
              rowKey={(f) => f.id}
              columns={[
                { head: "Due", cell: (f) => <Time row at={f.due_at} /> },
                { head: "What became of it", cell: (f) => <Badge tone={states[f.state][0]}>{states[f.state][1]}</Badge> },
                { head: "Why", cell: (f) => f.reason?.replaceAll("_", " ") ?? <span className="text-muted">—</span>, from: "sm" },
                { head: "For", cell: (f) => f.external_user_id ?? <span className="text-muted">—</span>, from: "md" },
                {
                  head: "Run",
                  cell: (f) =>
                    f.run_id ? (
                      <Link {...(paths.run(scope, f.run_id) as { to: string })} className="text-accent hover:underline underline-offset-4">
                        <code className="text-[0.8125rem]">{`…${f.run_id.slice(-8)}`}</code>
                      </Link>
                    ) : (
                      <span className="text-muted">—</span>
                    ),
                },
              ]}
            />
          )
        }
      </Async>
    </div>
  );
}
