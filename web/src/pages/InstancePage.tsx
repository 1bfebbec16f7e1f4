import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { api, data } from "@/api/client";
import { dueForQuery, instanceQuery, instanceStoreQuery, removeInstance } from "@/api/instances";
import { listRecords } from "@/api/workflows";
import type { Instance, StoreRecord } from "@/api/types";
import { Async, Skeleton, SkeletonCard, SkeletonRows } from "@/components/Async";
import { Confirm } from "@/components/Confirm";
import { Id } from "@/components/Copy";
import { InstanceForm } from "@/components/instances/InstanceForm";
import { InstanceBadge, useSwitch } from "@/components/instances/Instances";
import { pretty } from "@/components/Json";
import { Rows, type Column } from "@/components/ListTable";
import { PageHead } from "@/components/PageHead";
import { DueTimes } from "@/components/queues/DueTimes";
import { Time } from "@/components/Time";
import { Button } from "@/components/ui/button";
import { Card, Facts } from "@/components/ui/card";
import { useParam, useScope } from "@/lib/hooks";
import { paths, type Place } from "@/paths";

/** What one user has of one workflow. */
export function InstancePage() {
  const scope = useScope();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const user = useParam("externalUserId");
  const workflowId = useParam("workflowId");
  const instance = useQuery(instanceQuery(scope, user, workflowId));
  const workflow = useQuery({ queryKey: ["workflows", scope.projectId, "one", workflowId], queryFn: () => data(api.GET("/projects/{project_id}/workflows/{workflow_id}", { params: { path: { project_id: scope.projectId, workflow_id: workflowId } } })) });
  const { busy, flip } = useSwitch();
  const i = instance.data;
  return (
    <>
      <PageHead
        title={workflow.data ? `${workflow.data.name}, for ${user}` : user}
        up={{ label: user, place: paths.user(scope, user) }}
        badge={
          i && (
            <>
              <InstanceBadge active={i.active} />
              <Id id={i.id} short />
            </>
          )
        }
        text={i && !i.active ? "It is off: calls for this user are refused, and schedules and events pass them over." : undefined}
        actions={
          i && (
            <>
              <Button acts variant={i.active ? "secondary" : "primary"} busy={busy === i.id} onClick={() => void flip(i)}>
                {i.active ? "Switch off" : "Switch on"}
              </Button>
              <Confirm
                trigger={<Button variant="dangerGhost">Delete</Button>}
                title="Delete this instance?"
                text="Its settings and its state go with it. This cannot be undone."
                action="Delete instance"
                typed={i.id}
                done="Instance deleted"
                act={() => removeInstance(scope, user, workflowId)}
                after={() => {
                  void navigate(paths.user(scope, user) as never);
                  void queries.invalidateQueries({ queryKey: ["instances"], predicate: (q) => q.queryKey[2] !== "one" });
                }}
              />
            </>
          )
        }
      />
      <Async query={instance} skeleton={<SkeletonCard />}>
        {(one) => (
          <div className="grid items-start gap-4 lg:grid-cols-[minmax(0,1fr)_minmax(0,22rem)]">
            <div className="min-w-0 space-y-4">
              <InstanceForm key={one.id} instance={one} workflow={workflow.data} />
              <State instance={one} />
            </div>
            <div className="min-w-0 space-y-4">
              <About instance={one} workflowName={workflow.data?.name} />
              <Due instance={one} />
            </div>
          </div>
        )}
      </Async>
    </>
  );
}

const link = (place: Place, text: string) => (
  <Link {...(place as { to: string })} className="break-words text-accent hover:underline underline-offset-4">
    {text}
  </Link>
);

function About({ instance: i, workflowName }: { instance: Instance; workflowName: string | undefined }) {
  const scope = useScope();
  return (
    <Card title="Facts">
      <Facts
        facts={[
          ["Workflow", link(paths.workflow(scope, i.workflow_id), workflowName ?? i.workflow_id)],
          ["User", link(paths.user(scope, i.external_user_id), i.external_user_id)],
          ["Runs", link(paths.runs(scope, { workflow: i.workflow_id, user: i.external_user_id }), "Those for this user")],
          ["Made", <Time key="m" at={i.created_at} />],
          ["Changed", <Time key="c" at={i.updated_at} />],
        ]}
      />
    </Card>
  );
}

/** When its schedules are due for the user: each has a place of their own in a schedule for all. */
function Due({ instance: i }: { instance: Instance }) {
  const schedules = useQuery(dueForQuery(useScope(), i.external_user_id, i.workflow_id));
  if (schedules.data?.length === 0) return null;
  return (
    <Card title="Schedules" text="When they are due for this user: of a schedule for many users each has a place of their own, the same each time.">
      <Async query={schedules} skeleton={<Skeleton className="h-4 w-40" />}>
        {(all) => (
          <ul className="space-y-3">
            {all.map((t) => (
              <li key={t.name}>
                <p className="font-medium">{t.name}</p>
                {i.active && t.running && t.next_at.length > 0 ? <DueTimes times={t.next_at} /> : <p className="text-[0.8125rem] text-muted">{i.active ? "It is switched off." : "It passes this user over."}</p>}
              </li>
            ))}
          </ul>
        )}
      </Async>
    </Card>
  );
}

const columns: Column<StoreRecord>[] = [
  { head: "Key", cell: (r) => <code className="block max-w-40 truncate text-[0.8125rem]" title={r.key}>{r.key}</code> },
  { head: "Value", cell: (r) => <code className="block max-w-40 truncate text-[0.8125rem] text-muted sm:max-w-72" title={pretty(r.value)}>{JSON.stringify(r.value ?? null)}</code> },
  { head: "Changed", from: "sm", cell: (r) => <Time row at={r.updated_at} /> },
];

/** What its runs keep for the user. */
function State({ instance: i }: { instance: Instance }) {
  const scope = useScope();
  const store = useQuery(instanceStoreQuery(scope, i.id));
  const id = store.data?.id;
  const records = useQuery({ queryKey: ["data_stores", scope, id, "first"], queryFn: () => listRecords(scope, id ?? "", { limit: 10 }), enabled: Boolean(id) });
  return (
    <Card flush title="State" text="What its steps keep, and read as state.instance(key)." actions={id && link(paths.dataStore(scope, id), "All of it")}>
      <Async query={store} skeleton={<SkeletonRows rows={2} />}>
        {(s) =>
          s && s.records > 0 ? (
            <Async query={records} skeleton={<SkeletonRows rows={2} />}>
              {(page) => <Rows label="Records" rows={page.data} columns={columns} rowKey={(r) => r.key} />}
            </Async>
          ) : (
            <p className="px-4 py-4 text-muted">Nothing is kept yet.</p>
          )
        }
      </Async>
    </Card>
  );
}
