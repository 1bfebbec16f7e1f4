import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { api, data } from "@/api/client";
import { ofTrigger, triggerQuery } from "@/api/components";
import type { Emitter } from "@/api/types";
import { Async, Skeleton } from "@/components/Async";
import { Code, Id } from "@/components/Copy";
import { IntakeCounts } from "@/components/IntakeCounts";
import { IntakeForm } from "@/components/IntakeForm";
import { PageHead } from "@/components/PageHead";
import { TriggerBadge } from "@/components/Status";
import { Time } from "@/components/Time";
import { TriggerControls } from "@/components/TriggerControls";
import { TriggerEvents } from "@/components/TriggerEvents";
import { TriggerLooks } from "@/components/TriggerLooks";
import { TriggerProps } from "@/components/TriggerProps";
import { Card, Facts } from "@/components/ui/card";
import { useParam, useScope } from "@/lib/hooks";
import { interval } from "@/lib/time";
import { paths } from "@/paths";

/** One deployed trigger: its address, how it takes requests, and what came of them. */
export function TriggerPage() {
  const scope = useScope();
  const user = useParam("externalUserId");
  const triggerId = useParam("triggerId");
  const queries = useQueryClient();
  const params = ofTrigger(scope, user, triggerId);
  const trigger = useQuery(triggerQuery(scope, user, triggerId));
  const listens = Boolean(trigger.data?.endpoint_url);
  const read = () => data(api.GET("/connect/{project_id}/deployed-triggers/{trigger_id}/intake", { params })).then((r) => r.data);
  const intake = useQuery({ queryKey: ["intake", scope, triggerId], enabled: listens, queryFn: read });
  return (
    <>
      <PageHead
        title={trigger.data?.name ?? "Trigger"}
        badge={trigger.data && <TriggerBadge trigger={trigger.data} silent={Boolean(intake.data?.silent_since)} />}
        up={{ label: "Deployed triggers", place: paths.triggers(scope) }}
        actions={trigger.data && <TriggerControls trigger={trigger.data} />}
      />
      <div className="space-y-5">
        <Async query={trigger} skeleton={<Skeleton className="h-24" />}>
          {(t) => (
            <Card title={t.endpoint_url ? "Address" : "How it is getting on"}>
              <div className="space-y-4">
                {t.endpoint_url && <Code code={t.endpoint_url} what="address" wrap />}
                {t.polling?.error && (
                  <p role="alert" className="rounded-md border border-bad/30 bg-bad-soft px-3 py-2 break-words">
                    {t.polling.error}
                  </p>
                )}
                <Facts
                  facts={[
                    [
                      "Trigger",
                      <Link key="c" {...(paths.component(scope, t.component_key) as { to: string })} className="break-all text-accent hover:underline underline-offset-4">
                        {t.component_key}
                      </Link>,
                    ],
                    [
                      "User",
                      <Link key="u" {...(paths.user(scope, user) as { to: string })} className="break-all text-accent hover:underline underline-offset-4">
                        {user}
                      </Link>,
                    ],
                    ["Id", <Id key="id" id={t.id} />],
                    ["Since", <Time key="since" at={new Date(t.created_at).toISOString()} />],
                    ...(t.polling ? looks(t.polling) : []),
                  ]}
                />
              </div>
            </Card>
          )}
        </Async>
        {trigger.data && <TriggerEvents trigger={trigger.data} />}
        {trigger.data && <TriggerLooks trigger={trigger.data} />}
        {listens && (
          <Async query={intake} skeleton={<Skeleton className="h-40" />}>
            {(i) => (
              <>
                <Card title="What came in" text="Counted since the settings were first set; a few seconds behind.">
                  <IntakeCounts counts={i.counts} />
                </Card>
                <Card title="How requests are taken" text="It holds from the next request on.">
                  <IntakeForm
                    key={triggerId}
                    of={{ triggerId, user }}
                    intake={i}
                    put={(body, unchanged_since) => data(api.PUT("/connect/{project_id}/deployed-triggers/{trigger_id}/intake", { params: { ...params, query: { ...params.query, unchanged_since } }, body })).then((r) => r.data)}
                    newest={read}
                    show={(now) => queries.setQueryData(["intake", scope, triggerId], now)}
                  />
                </Card>
              </>
            )}
          </Async>
        )}
        {trigger.data && <TriggerProps trigger={trigger.data} />}
      </div>
    </>
  );
}

/** How a trigger that looks for what is new is getting on. */
function looks(p: NonNullable<Emitter["polling"]>): [string, ReactNode][] {
  return [
    ["Looks every", p.interval_seconds > 0 ? interval(p.interval_seconds) : "It does not: the app tells it."],
    ...(p.interval_seconds > 0 || p.last_at ? ([["Looked", p.last_at ? <Time key="last" at={p.last_at} /> : "Not yet"]] as [string, ReactNode][]) : []),
    ...(p.next_at ? ([[p.interval_seconds > 0 ? "Looks again" : "Renews what it has at the app", <Time key="next" at={p.next_at} />]] as [string, ReactNode][]) : []),
    ...(p.paused_at ? ([["Paused", <span key="paused"><Time at={p.paused_at} />, since it failed for too long. Where it was is kept; resume it when the cause is gone.</span>]] as [string, ReactNode][]) : []),
    ...(p.failing_since ? ([["Fails since", <Time key="failing" at={p.failing_since} />]] as [string, ReactNode][]) : []),
  ];
}
