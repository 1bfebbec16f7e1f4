import { useQuery, useQueryClient } from "@tanstack/react-query";
import { api, data } from "@/api/client";
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
  const intake = useQuery({ queryKey: ["intake", scope, triggerId], queryFn: async () => (await data(api.GET("/connect/{project_id}/deployed-triggers/{trigger_id}/intake", { params }))).data });
  return (
    <>
      <PageHead
        title={trigger.data?.name ?? "Trigger"}
        badge={trigger.data && (intake.data?.silent_since ? <Badge tone="warn">Silent</Badge> : trigger.data.active ? <Badge tone="good">On</Badge> : <Badge>Off</Badge>)}
        up={{ label: user, place: paths.user(scope, user) }}
      />
      <div className="space-y-5">
        <Card title="Address">
          <Async query={trigger} skeleton={<Skeleton className="h-4 w-64" />}>
            {(t) => (
              <div className="space-y-4">
                <Code code={t.endpoint_url} what="address" wrap />
                <Facts facts={[["Id", <Id key="id" id={t.id} />], ["Since", <Time key="since" at={new Date(t.created_at).toISOString()} />]]} />
              </div>
            )}
          </Async>
        </Card>
        <Async query={intake} skeleton={<Skeleton className="h-40" />}>
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
        </Async>
      </div>
    </>
  );
}
