import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { listDeliveries } from "@/api/calls";
import { api, data } from "@/api/client";
import { within, type Endpoint } from "@/api/types";
import { Async, SkeletonCard, SkeletonRows } from "@/components/Async";
import { deliveryColumns } from "@/components/columns";
import { Confirm } from "@/components/Confirm";
import { Id } from "@/components/Copy";
import { EndpointForm } from "@/components/EndpointForm";
import { EndpointBadge, EndpointTrouble, Hears } from "@/components/EndpointState";
import { EndpointTest } from "@/components/EndpointTest";
import { Rows } from "@/components/ListTable";
import { PageHead } from "@/components/PageHead";
import { SigningKeyDialog } from "@/components/SigningKeyDialog";
import { Time } from "@/components/Time";
import { Button } from "@/components/ui/button";
import { Card, Facts } from "@/components/ui/card";
import { Dialog, DialogContent, DialogTrigger } from "@/components/ui/dialog";
import { useParam, useScope } from "@/lib/hooks";
import { paths } from "@/paths";

const orders = { none: "none", user: "by user", subject: "by account or trigger", field: "by a field" };

/** One endpoint: how its receiver is, what it wants, and what can be done with it. */
export function EndpointPage() {
  const scope = useScope();
  const id = useParam("endpointId");
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [editing, setEditing] = useState(false);
  const [shown, setShown] = useState<Endpoint>();
  const params = { ...within(scope), path: { project_id: scope.projectId, endpoint_id: id } };
  const endpoint = useQuery({
    queryKey: ["endpoints", scope, "one", id],
    queryFn: () => data(api.GET("/projects/{project_id}/endpoints/{endpoint_id}", { params })),
    refetchInterval: 3_000,
  });
  const changed = () => queries.invalidateQueries({ queryKey: ["endpoints"] });
  const e = endpoint.data;
  return (
    <>
      <PageHead
        title={e?.description || "Endpoint"}
        badge={e && <EndpointBadge endpoint={e} />}
        up={{ label: "Endpoints", place: paths.endpoints(scope) }}
        actions={
          e && (
            <>
              {e.status !== "disabled" && (
                <Confirm
                  trigger={<Button>Disable</Button>}
                  title="Disable the endpoint?"
                  text="Nothing is sent to it until it is enabled. Events go on being kept for it."
                  action="Disable endpoint"
                  mild
                  done="Endpoint disabled"
                  act={() => data(api.POST("/projects/{project_id}/endpoints/{endpoint_id}/disable", { params }))}
                  after={() => void changed()}
                />
              )}
              <Confirm
                trigger={<Button variant="dangerGhost">Remove</Button>}
                title="Remove the endpoint?"
                text={`Events are no longer sent to ${e.url}. Its deliveries and its signing key go with it.`}
                action="Remove endpoint"
                done="Endpoint removed"
                act={() => data(api.DELETE("/projects/{project_id}/endpoints/{endpoint_id}", { params }))}
                after={() => {
                  void navigate(paths.endpoints(scope) as never);
                  void changed();
                }}
              />
              <Dialog open={editing} onOpenChange={setEditing}>
                <DialogTrigger asChild>
                  <Button variant="primary">Edit</Button>
                </DialogTrigger>
                <DialogContent title="Edit the endpoint" className="max-w-xl">
                  <EndpointForm
                    endpoint={e}
                    saved={() => {
                      setEditing(false);
                      void changed();
                    }}
                  />
                </DialogContent>
              </Dialog>
            </>
          )
        }
      />
      <Async query={endpoint} skeleton={<SkeletonCard />}>
        {(x) => (
          <div className="space-y-4">
            <EndpointTrouble endpoint={x} changed={() => void changed()} />
            <div className="grid gap-4 lg:grid-cols-2">
              <Card
                title="Receiver"
              >
                <Facts
                  facts={[
                    ["URL", <code key="u" className="break-all text-[0.8125rem]">{x.url}</code>],
                    ["Breaker", x.breaker === "closed" ? "closed: it is sent to" : x.breaker === "open" ? "open: it is left alone" : "half open: one delivery tries"],
                    ["Failing since", <Time key="f" at={x.failing_since} none="it is not" />],
                    ["Last success", <Time key="l" at={x.last_success_at} none="none yet" />],
                    ["Waiting", `${(x.waiting ?? 0) > 10_000 ? "more than 10,000" : (x.waiting ?? 0).toLocaleString("en")} deliveries`],
                    ["Set at", x.main ? "the environment: its webhook" : x.level === "trigger" ? <Id key="t" id={x.subject_id} what="trigger id" /> : "the environment"],
                    ["Endpoint id", <Id key="i" id={x.id} />],
                  ]}
                />
              </Card>
              <Wishes endpoint={x} rotated={setShown} />
            </div>
            <EndpointTest endpoint={x} />
            <RecentDeliveries endpointId={x.id} />
          </div>
        )}
      </Async>
      <SigningKeyDialog shown={shown} text=". For 24 hours every delivery is signed with the old key as well." close={() => setShown(undefined)} />
    </>
  );
}

function RecentDeliveries({ endpointId }: { endpointId: string }) {
  const scope = useScope();
  const recent = useQuery({ queryKey: ["deliveries", scope, { endpoint: endpointId, recent: true }], queryFn: () => listDeliveries(scope, { endpoint_id: endpointId, limit: 5 }), refetchInterval: 5_000 });
  return (
    <Card
      flush
      title="Recent deliveries"
      actions={
        <Link {...(paths.deliveries(scope, { endpoint: endpointId }) as { to: string })} className="text-[0.8125rem] text-accent hover:underline underline-offset-4">
          All deliveries
        </Link>
      }
    >
      <Async query={recent} skeleton={<SkeletonRows rows={3} />}>
        {(d) =>
          d.data.length === 0 ? (
            <p className="px-4 py-6 text-muted">Nothing was sent here yet. Send a test, or wait for an event.</p>
          ) : (
            <Rows label="Recent deliveries" rows={d.data} columns={deliveryColumns.filter((c) => c.head !== "Endpoint")} rowKey={(r) => r.id} place={(r) => paths.delivery(scope, r.id)} />
          )
        }
      </Async>
    </Card>
  );
}

function Wishes({ endpoint: e, rotated }: { endpoint: Endpoint; rotated: (e: Endpoint) => void }) {
  const scope = useScope();
  const params = { ...within(scope), path: { project_id: scope.projectId, endpoint_id: e.id } };
  return (
    <Card
      title="Settings"
      actions={
        <Confirm
          trigger={<Button size="sm">New signing key</Button>}
          title="Make a new signing key?"
          text={`For 24 hours every delivery is signed with the old key and the new one.${e.main ? " The webhooks of connect tokens are signed with it, too." : ""}`}
          action="Make a new key"
          mild
          done="New signing key made"
          act={() => data(api.POST("/projects/{project_id}/endpoints/{endpoint_id}/regenerate_signing_key", { params })).then(rotated)}
        />
      }
    >
      <Facts
        facts={[
          ["Hears of", <Hears key="t" types={e.event_types} />],
          ["Payload", `${e.payload === "raw" ? "as it is" : "in an envelope"}${e.inline_limit ? `; above ${(e.inline_limit / 1024).toLocaleString("en")} KiB as a link` : ""}`],
          ["Signatures", e.signatures.map((s) => (s === "standard-webhooks" ? "webhook-signature" : s)).join(", ")],
          ["Timeout", `${e.timeout_ms / 1000} s`],
          ["Retries", !e.retries ? "none" : e.retry_waits.length ? `after ${e.retry_waits.join(", ")} s` : "the usual, over about 22 hours"],
          ["Pace", `${e.concurrency} at once${e.rate_per_second ? `, ${e.rate_per_second} a second, ${e.burst} after a rest` : ""}`],
          ["Order", e.ordering === "none" ? "none" : `${orders[e.ordering]}${e.ordering_path && ` at ${e.ordering_path}`}; behind one that is given up ${e.on_exhausted === "block" ? "all wait" : "the next go on"}`],
          ["Headers", e.headers.length ? e.headers.map((h) => `${h}: ••••••••`).join(", ") : "none of its own"],
          ["Client certificate", e.client_certificate ? <span key="c">{e.client_certificate.subject}, until <Time at={e.client_certificate.expires_at} /></span> : "none"],
        ]}
      />
    </Card>
  );
}
