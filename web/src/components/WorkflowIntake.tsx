import { useQuery, useQueryClient } from "@tanstack/react-query";
import { api, data } from "@/api/client";
import { within } from "@/api/types";
import { useScope } from "@/lib/hooks";
import { Async, Skeleton } from "./Async";
import { IntakeCounts } from "./IntakeCounts";
import { IntakeForm } from "./IntakeForm";
import { Card } from "./ui/card";

/** How a workflow's address takes its requests, and what came of them. */
export function WorkflowIntake({ workflowId }: { workflowId: string }) {
  const scope = useScope();
  const queries = useQueryClient();
  const key = ["workflow-intake", scope, workflowId];
  const params = { ...within(scope), path: { project_id: scope.projectId, workflow_id: workflowId } };
  const read = () => data(api.GET("/projects/{project_id}/workflows/{workflow_id}/intake", { params })).then((r) => r.data);
  const intake = useQuery({ queryKey: key, queryFn: read });
  return (
    <Card title="How requests are taken" text="In both environments, from the next request on: it takes no deploy.">
      <Async query={intake} skeleton={<Skeleton className="h-40" />}>
        {(i) => (
          <div className="space-y-5">
            {i.set_at && <IntakeCounts counts={i.counts} />}
            <IntakeForm
              key={workflowId}
              of="workflow"
              intake={i}
              put={(body, unchanged_since) => data(api.PUT("/projects/{project_id}/workflows/{workflow_id}/intake", { params: { ...params, query: { unchanged_since } }, body })).then((r) => r.data)}
              newest={read}
              show={(now) => queries.setQueryData(key, now)}
            />
          </div>
        )}
      </Async>
    </Card>
  );
}
