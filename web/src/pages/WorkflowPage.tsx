import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { Rocket } from "lucide-react";
import { useState } from "react";
import { listRuns } from "@/api/calls";
import { api, data } from "@/api/client";
import type { Workflow } from "@/api/types";
import { Async, SkeletonCard, SkeletonRows } from "@/components/Async";
import { BearerDialog } from "@/components/BearerDialog";
import { runColumns } from "@/components/columns";
import { Confirm } from "@/components/Confirm";
import { Id } from "@/components/Copy";
import { DefinitionCard } from "@/components/DefinitionCard";
import { EndpointCard } from "@/components/EndpointCard";
import { FlowPicture } from "@/components/FlowPicture";
import { Rows } from "@/components/ListTable";
import { PageHead } from "@/components/PageHead";
import { WorkflowIntake } from "@/components/WorkflowIntake";
import { DraftBadge, WorkflowBadge } from "@/components/WorkflowBadge";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { useToast } from "@/components/ui/toast";
import { useParam, useScope } from "@/lib/hooks";
import { paths } from "@/paths";

/** One workflow: what it does, where it is called, how its last runs went. */
export function WorkflowPage() {
  const scope = useScope();
  const id = useParam("workflowId");
  const navigate = useNavigate();
  const queries = useQueryClient();
  const toast = useToast();
  const [token, setToken] = useState<string>();
  const params = { path: { project_id: scope.projectId, workflow_id: id } };
  const key = ["workflows", scope.projectId, "one", id];

  const workflow = useQuery({ queryKey: key, queryFn: () => data(api.GET("/projects/{project_id}/workflows/{workflow_id}", { params })) });
  const runs = useQuery({
    queryKey: ["runs", scope, { workflow: id, recent: true }],
    queryFn: () => listRuns(scope, { workflow_id: id, limit: 10 }),
    refetchInterval: 5_000,
  });
  const changed = (w: Workflow) => {
    if (w.endpoint.bearer_token) setToken(w.endpoint.bearer_token);
    // A token shown once has no place in the cache.
    const { bearer_token: _, ...endpoint } = w.endpoint;
    queries.setQueryData(key, { ...w, endpoint });
    void queries.invalidateQueries({ queryKey: ["workflows"], predicate: (q) => q.queryKey[3] !== id });
  };
  const deploy = useMutation({
    mutationFn: () => data(api.POST("/projects/{project_id}/workflows/{workflow_id}/deploy", { params })),
    onSuccess: (w) => {
      changed(w);
      toast.good(`Version ${w.version} is running`);
    },
    onError: (e) => toast.bad("Not deployed", e),
  });
  const w = workflow.data;

  return (
    <>
      <PageHead
        title={w?.name ?? "Workflow"}
        up={{ label: "Workflows", place: paths.workflows(scope) }}
        badge={
          w && (
            <>
              <WorkflowBadge workflow={w} />
              <DraftBadge workflow={w} />
              <Id id={w.id} short />
            </>
          )
        }
        actions={
          w && (
            <>
              {(w.version === 0 || w.draft_differs || !w.active) && (
                <Button variant="primary" busy={deploy.isPending} onClick={() => deploy.mutate()}>
                  <Rocket className="size-4" aria-hidden />
                  {w.version > 0 && !w.active && !w.draft_differs ? "Enable" : "Deploy"}
                </Button>
              )}
              {w.active && (
                <Confirm
                  trigger={<Button>Disable</Button>}
                  title="Disable this workflow?"
                  text="New calls are answered with 404, in both environments. Runs that have begun finish. Deploying switches it on again."
                  action="Disable"
                  mild
                  done="Workflow disabled"
                  act={() => data(api.POST("/projects/{project_id}/workflows/{workflow_id}/disable", { params })).then(changed)}
                />
              )}
              <Confirm
                trigger={<Button variant="dangerGhost">Delete</Button>}
                title="Delete this workflow?"
                text="All its versions and every run go with it, in both environments. This cannot be undone."
                action="Delete workflow"
                typed={id}
                done="Workflow deleted"
                act={() => data(api.DELETE("/projects/{project_id}/workflows/{workflow_id}", { params }))}
                after={() => {
                  void navigate(paths.workflows(scope) as never);
                  void queries.invalidateQueries({ queryKey: ["workflows"], predicate: (q) => q.queryKey[3] !== id });
                  void queries.invalidateQueries({ queryKey: ["runs"] });
                }}
              />
            </>
          )
        }
      />
      <Async query={workflow} skeleton={<SkeletonCard />}>
        {(wf) => (
          <div className="grid gap-4 lg:grid-cols-[minmax(0,1fr)_minmax(0,24rem)]">
            <div className="min-w-0 space-y-4">
              <EndpointCard workflow={wf} changed={changed} />
              <DefinitionCard key={wf.updated_at} workflow={wf} saved={changed} />
            </div>
            <Card title={wf.draft_differs && wf.version > 0 ? "Steps of the draft" : "Steps"} className="self-start bg-sunken/60">
              <FlowPicture definition={wf.draft} />
            </Card>
          </div>
        )}
      </Async>
      <Card
        flush
        title="Recent runs"
        className="mt-4"
        actions={
          <Link {...(paths.runs(scope, { workflow: id }) as { to: string })} className="text-[0.8125rem] text-accent hover:underline underline-offset-4">
            All runs
          </Link>
        }
      >
        <Async query={runs} skeleton={<SkeletonRows rows={3} />}>
          {(d) =>
            d.data.length === 0 ? (
              <p className="px-4 py-6 text-muted">No runs in {scope.environment} yet. Call the endpoint above.</p>
            ) : (
              <Rows rows={d.data} columns={[{ head: "Run", cell: (r) => <code className="text-[0.8125rem]">{`…${r.id.slice(-8)}`}</code> }, ...runColumns.filter((c) => c.head !== "Workflow" && c.head !== "Id")]} rowKey={(r) => r.id} place={(r) => paths.run(scope, r.id)} label="Recent runs" />
            )
          }
        </Async>
      </Card>
      {w && (
        <div className="mt-4">
          <WorkflowIntake workflowId={id} />
        </div>
      )}
      <BearerDialog token={token} close={() => setToken(undefined)} />
    </>
  );
}
