import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { PencilRuler, RotateCw } from "lucide-react";
import { workflowsQuery } from "@/api/calls";
import { triggerEventsQuery, triggerWorkflowsQuery } from "@/api/components";
import type { Emitter } from "@/api/types";
import { useScope } from "@/lib/hooks";
import { paths } from "@/paths";
import { Async } from "./Async";
import { Id } from "./Copy";
import { Fold, Json } from "./Json";
import { ReplayDialog } from "./ReplayDialog";
import { Time } from "./Time";
import { Button } from "./ui/button";
import { Card } from "./ui/card";

/** What a trigger emitted last; each event can be looked at, and sent again. */
export function TriggerEvents({ trigger: t }: { trigger: Emitter }) {
  const scope = useScope();
  const events = useQuery(triggerEventsQuery(scope, t.external_user_id, t.id));
  const starts = useQuery(triggerWorkflowsQuery(scope, t.external_user_id, t.id));
  const workflows = useQuery({ ...workflowsQuery(scope), enabled: Boolean(starts.data?.length) });
  const name = (id: string) => workflows.data?.data.find((w) => w.id === id)?.name ?? "a workflow";
  return (
    <Card title="Events" text="The last 50, newest first." flush>
      <Async query={events}>
        {(all) =>
          all.length === 0 ? (
            <p className="px-4 py-6 text-muted">It has emitted nothing yet.</p>
          ) : (
            <ul aria-label="Events" className="divide-y divide-line">
              {all.map((e) => (
                <li key={e.id} className="px-4 py-1.5">
                  <Fold
                    title={<span className="min-w-0 truncate font-normal">{e.sum || gist(e.e)}</span>}
                    aside={<Time row at={new Date(e.ts).toISOString()} />}
                  >
                    <div className="space-y-2">
                      <div className="flex flex-wrap items-center justify-between gap-2">
                        <Id id={e.id} what="event id" />
                        {starts.data?.map((id) => (
                          <Button key={id} asChild size="sm">
                            <Link {...(paths.workflow(scope, id, { event: e.id, of: t.id, for: t.external_user_id }) as { to: string })} title="Opens the workflow's editor with this event to test with">
                              <PencilRuler className="size-3.5" aria-hidden />
                              Build {name(id)} from this event
                            </Link>
                          </Button>
                        ))}
                        <ReplayDialog
                          scope={scope}
                          anywhere
                          filter={{ event_id: e.id }}
                          what="This one event is sent where it went, or to an endpoint that you choose."
                          trigger={
                            <Button size="sm">
                              <RotateCw className="size-3.5" aria-hidden />
                              Send again …
                            </Button>
                          }
                        />
                      </div>
                      <Json value={e.e} what="the event" />
                    </div>
                  </Fold>
                </li>
              ))}
            </ul>
          )
        }
      </Async>
    </Card>
  );
}

/** The first words of an event that has no summary. */
function gist(payload: Record<string, unknown>): string {
  for (const name of ["summary", "title", "name", "subject", "text", "id"]) {
    const v = payload[name];
    if (typeof v === "string" && v) return v;
  }
  return JSON.stringify(payload).slice(0, 120);
}
