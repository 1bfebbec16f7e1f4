import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { RotateCw } from "lucide-react";
import { api, data } from "@/api/client";
import { within, type Attempt, type Scope } from "@/api/types";
import { Async, SkeletonCard } from "@/components/Async";
import { AttemptDrawer } from "@/components/AttemptDrawer";
import { Id } from "@/components/Copy";
import { Json } from "@/components/Json";
import { Large } from "@/components/Large";
import { Rows, type Column } from "@/components/ListTable";
import { PageHead } from "@/components/PageHead";
import { AnswerBadge, DeliveryBadge } from "@/components/Status";
import { Time } from "@/components/Time";
import { Button } from "@/components/ui/button";
import { Card, Facts } from "@/components/ui/card";
import { useToast } from "@/components/ui/toast";
import { useParam, useScope } from "@/lib/hooks";
import { duration } from "@/lib/time";
import { paths } from "@/paths";

const columns: Column<Attempt>[] = [
  {
    head: "No.",
    cell: (a) => (
      <AttemptDrawer
        attempt={a}
        trigger={
          <button type="button" aria-label={`Attempt ${a.number} in full`} className="text-accent hover:underline underline-offset-4">
            {a.number}
          </button>
        }
      />
    ),
    className: "tabular-nums align-top",
  },
  { head: "Answer", cell: (a) => <AnswerBadge status={a.status} error={a.error} />, className: "align-top" },
  { head: "Class", from: "md", cell: (a) => a.error?.replaceAll("_", " ") ?? <span className="text-muted">—</span>, className: "align-top" },
  { head: "Took", cell: (a) => duration(a.duration_ms), className: "tabular-nums whitespace-nowrap align-top" },
  { head: "Started", from: "sm", cell: (a) => <Time row at={a.started_at} />, className: "align-top" },
  {
    head: "Answered text",
    cell: (a) => (a.response_excerpt ? <code className="block max-h-24 max-w-md overflow-y-auto whitespace-pre-wrap break-all text-xs">{a.response_excerpt}</code> : <span className="text-muted">none</span>),
    className: "align-top",
  },
];

/** The thing that an event is about, with a link when it has a page. */
function Subject({ id, scope }: { id: string; scope: Scope }) {
  if (!id.startsWith("apn_")) return <Id id={id} />;
  return (
    <Link {...(paths.account(scope, id) as { to: string })} className="break-all font-mono text-[0.8125rem] text-accent hover:underline underline-offset-4">
      {id}
    </Link>
  );
}

/** One delivery: what was sent, how each attempt went. It watches itself while it is under way. */
export function DeliveryPage() {
  const scope = useScope();
  const id = useParam("deliveryId");
  const queries = useQueryClient();
  const toast = useToast();
  const params = { ...within(scope), path: { project_id: scope.projectId, delivery_id: id } };
  const delivery = useQuery({
    queryKey: ["deliveries", scope, "one", id],
    queryFn: () => data(api.GET("/projects/{project_id}/deliveries/{delivery_id}", { params })),
    refetchInterval: (q) => (q.state.data && ["pending", "sending"].includes(q.state.data.delivery.state) ? 2_000 : false),
  });
  const again = useMutation({
    mutationFn: () => data(api.POST("/projects/{project_id}/deliveries/{delivery_id}/retry", { params })),
    onSuccess: () => toast.good("Queued to be sent again", "The receiver can tell by its webhook-id."),
    onError: (e) => toast.bad("Not sent again", e),
    onSettled: () => queries.invalidateQueries({ queryKey: ["deliveries"] }),
  });
  const d = delivery.data?.delivery;
  return (
    <>
      <PageHead
        title={d?.event_type ?? "Delivery"}
        badge={d && <DeliveryBadge state={d.state} />}
        up={{ label: "Deliveries", place: paths.deliveries(scope) }}
        actions={
          d && (
            <Button acts variant="primary" busy={again.isPending} disabled={d.state === "sending"} onClick={() => again.mutate()}>
              <RotateCw className="size-4" aria-hidden />
              Send again
            </Button>
          )
        }
      />
      <Async query={delivery} skeleton={<SkeletonCard />}>
        {({ delivery: dl, payload, payload_reference: large, attempts }) => (
          <div className="space-y-4">
            <div className="grid gap-4 lg:grid-cols-2">
              <Card title="Facts">
                <Facts
                  facts={[
                    ["Sent to", <code key="to" className="break-all text-[0.8125rem]">{dl.url}</code>],
                    ["Set at", <Link key="l" {...(paths.deliveries(scope, { endpoint: dl.endpoint_id }) as { to: string })} title="All of this endpoint" className="text-accent hover:underline underline-offset-4">{dl.level}</Link>],
                    ["User", dl.external_user_id ? <Link key="u" {...(paths.user(scope, dl.external_user_id) as { to: string })} className="break-all text-accent hover:underline underline-offset-4">{dl.external_user_id}</Link> : "none"],
                    ["About", <Subject key="s" id={dl.subject_id} scope={scope} />],
                    ["webhook-id", <Id key="e" id={dl.webhook_id} what="webhook-id" />],
                    ["Delivery id", <Id key="i" id={dl.id} />],
                    ["Created", <Time key="c" at={dl.created_at} />],
                    dl.state === "pending" ? ["Next attempt", <Time key="n" at={dl.next_attempt_at} />] : ["Finished", <Time key="f" at={dl.finished_at} none="not yet" />],
                  ]}
                />
              </Card>
              <Card title="Payload">
                {large ? <Large reference={large} /> : <Json value={payload} what="the payload" />}
              </Card>
            </div>
            <Card title="Attempts" flush>
              {attempts.length === 0 ? <p className="px-4 py-6 text-muted">Not tried yet.</p> : <Rows rows={attempts} columns={columns} rowKey={(a) => String(a.number)} label="Attempts" />}
            </Card>
          </div>
        )}
      </Async>
    </>
  );
}
