import { useQuery, useQueryClient } from "@tanstack/react-query";
import { api, data } from "@/api/client";
import { within } from "@/api/types";
import { Async, Skeleton } from "@/components/Async";
import { Code, Id } from "@/components/Copy";
import { IntakeForm, type Intake } from "@/components/IntakeForm";
import { PageHead } from "@/components/PageHead";
import { Time } from "@/components/Time";
import { Badge } from "@/components/ui/badge";
import { Card, Facts } from "@/components/ui/card";
import { useParam, useScope } from "@/lib/hooks";
import { paths } from "@/paths";

/** One deployed trigger: its address, how it takes requests, and what came of them. */
export function TriggerPage() {
  const scope = useScope();
  const user = useParam("externalUserId");
  const triggerId = useParam("triggerId");
  const queries = useQueryClient();
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
              <>
                <Code code={t.endpoint_url} what="address" wrap />
                <Facts facts={[["Id", <Id key="id" id={t.id} />], ["Since", <Time key="since" at={new Date(t.created_at).toISOString()} />]]} />
              </>
            )}
          </Async>
        </Card>
        <Async query={intake} skeleton={<Skeleton className="h-40" />}>
          {(i) => (
            <>
              <Card title="What came in" text="Counted since the settings were first set; a few seconds behind.">
                <Counts counts={i.counts} />
              </Card>
              <Card title="How requests are taken" text="It holds from the next request on.">
                <IntakeForm key={i.set_at ?? "never"} triggerId={triggerId} user={user} intake={i} saved={() => void queries.invalidateQueries({ queryKey: ["intake", scope, triggerId] })} />
              </Card>
            </>
          )}
        </Async>
      </div>
    </>
  );
}

function Counts({ counts: c }: { counts: Intake["counts"] }) {
  const facts: [string, React.ReactNode][] = [
    ["Requests", c.received.toLocaleString()],
    ["Events taken", c.accepted.toLocaleString()],
    ["Sent before", c.duplicate.toLocaleString()],
    ["Dropped by the condition", c.filtered.toLocaleString()],
    ["Told to wait", c.refused.toLocaleString()],
    ["False signatures", c.rejected ? <span key="r" className="text-bad">{c.rejected.toLocaleString()}, the last <Time at={c.last_rejected_at} /></span> : "0"],
  ];
  if (c.invalid) facts.push(["Items that were wrong", c.invalid.toLocaleString()]);
  return <Facts facts={facts} />;
}
