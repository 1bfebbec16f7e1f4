import { useQuery, useQueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { api, data } from "@/api/client";
import type { Emitter } from "@/api/types";
import { within } from "@/api/types";
import { Async, Skeleton } from "@/components/Async";
import { Code, Id } from "@/components/Copy";
import { IntakeCounts } from "@/components/IntakeCounts";
import { IntakeForm } from "@/components/IntakeForm";
import { PageHead } from "@/components/PageHead";
import { Time } from "@/components/Time";
import { Badge } from "@/components/ui/badge";
import { Card, Facts } from "@/components/ui/card";
import { useToast } from "@/components/ui/toast";
import { useParam, useScope } from "@/lib/hooks";
import { paths } from "@/paths";

/** One deployed trigger: its address, how it takes requests, and what came of them. */
export function TriggerPage() {
  const scope = useScope();
  const user = useParam("externalUserId");
  const triggerId = useParam("triggerId");
  const queries = useQueryClient();
  const toast = useToast();
  const params = { ...within(scope), path: { project_id: scope.projectId, trigger_id: triggerId }, query: { external_user_id: user } };
  const trigger = useQuery({ queryKey: ["trigger", scope, triggerId], queryFn: async () => (await data(api.GET("/connect/{project_id}/deployed-triggers/{trigger_id}", { params }))).data });
  const listens = Boolean(trigger.data?.endpoint_url);
  const intake = useQuery({ queryKey: ["intake", scope, triggerId], enabled: listens, queryFn: async () => (await data(api.GET("/connect/{project_id}/deployed-triggers/{trigger_id}/intake", { params }))).data });
  return (
    <>
      <PageHead
        title={trigger.data?.name ?? "Trigger"}
        badge={trigger.data && (intake.data?.silent_since ? <Badge tone="warn">Silent</Badge> : trigger.data.active ? <Badge tone="good">On</Badge> : <Badge>Off</Badge>)}
        up={{ label: user, place: paths.user(scope, user) }}
      />
      <div className="space-y-5">
        <Async query={trigger} skeleton={<Skeleton className="h-24" />}>
          {(t) => (
            <Card title={t.endpoint_url ? "Address" : "Looks for what is new"}>
              <div className="space-y-4">
                {t.endpoint_url && <Code code={t.endpoint_url} what="address" wrap />}
                {t.polling?.error && <p role="alert">{t.polling.error}</p>}
                <Facts
                  facts={[
                    ["Id", <Id key="id" id={t.id} />],
                    ["Trigger", t.component_key],
                    ["Since", <Time key="since" at={new Date(t.created_at).toISOString()} />],
                    ...(t.polling ? looks(t.polling) : []),
                  ]}
                />
              </div>
            </Card>
          )}
        </Async>
        {listens && <Async query={intake} skeleton={<Skeleton className="h-40" />}>
          {(i) => (
            <>
              <Card title="What came in" text="Counted since the settings were first set; a few seconds behind.">
                <IntakeCounts counts={i.counts} />
              </Card>
              <Card title="How requests are taken" text="It holds from the next request on.">
                <IntakeForm
                  key={i.set_at ?? "never"}
                  of={{ triggerId, user }}
                  intake={i}
                  save={async (body) => {
                    const saved = await data(api.PUT("/connect/{project_id}/deployed-triggers/{trigger_id}/intake", { params, body }));
                    queries.setQueryData(["intake", scope, triggerId], saved.data);
                    toast.good("Saved: it holds from the next request on");
                  }}
                />
              </Card>
            </>
          )}
        </Async>}
      </div>
    </>
  );
}

/** How a trigger that looks for what is new is getting on. */
function looks(p: NonNullable<Emitter["polling"]>): [string, ReactNode][] {
  return [
    ["Looks every", `${p.interval_seconds} s`],
    ["Looked", p.last_at ? <Time key="last" at={p.last_at} /> : "Not yet"],
    ["Looks again", <Time key="next" at={p.next_at} />],
    ...(p.failing_since ? ([["Fails since", <Time key="failing" at={p.failing_since} />]] as [string, ReactNode][]) : []),
  ];
}
