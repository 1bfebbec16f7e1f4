import { useQuery, useQueryClient } from "@tanstack/react-query";
import { api, data } from "@/api/client";
import { within } from "@/api/types";
import { useScope } from "@/lib/hooks";
import { Async, Skeleton } from "./Async";
import { IntakeCounts } from "./IntakeCounts";
import { IntakeForm } from "./IntakeForm";
import { Card } from "./ui/card";
import { useToast } from "./ui/toast";

/** How a workflow's address takes its requests, and what came of them. */
export function WorkflowIntake({ workflowId }: { workflowId: string }) {
  const scope = useScope();
  const queries = useQueryClient();
  const toast = useToast();
  const key = ["workflow-intake", scope, workflowId];
  const params = { ...within(scope), path: { project_id: scope.projectId, workflow_id: workflowId } };
  const intake = useQuery({ queryKey: key, queryFn: async () => (await data(api.GET("/projects/{project_id}/workflows/{workflow_id}/intake", { params }))).data });
  return (
    <Card title="How requests are taken" text="In both environments, from the next request on: it takes no deploy.">
      <Async query={intake} skeleton={<Skeleton className="h-40" />}>
        {(i) => (
          <div className="space-y-5">
            {i.set_at && <IntakeCounts counts={i.counts} />}
            <IntakeForm
              key={i.set_at ?? "never"}
              of="workflow"
              intake={i}
              save={async (body) => {
                const saved = await data(api.PUT("/projects/{project_id}/workflows/{workflow_id}/intake", { params, body }));
                queries.setQueryData(key, saved.data);
                toast.good("Saved: it holds from the next request on");
              }}
            />
          </div>
        )}
      </Async>
    </Card>
  );
}
