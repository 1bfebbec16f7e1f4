import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { listRuns } from "@/api/calls";
import { useScope } from "@/lib/hooks";
import { paths } from "@/paths";
import { Async, SkeletonRows } from "./Async";
import { runColumns } from "./columns";
import { Rows } from "./ListTable";
import { Card } from "./ui/card";

/** The last runs of a workflow. */
export function WorkflowRuns({ workflowId }: { workflowId: string }) {
  const scope = useScope();
  const runs = useQuery({
    queryKey: ["runs", scope, { workflow: workflowId, recent: true }],
    queryFn: () => listRuns(scope, { workflow_id: workflowId, limit: 20 }),
    refetchInterval: 5_000,
  });
  return (
    <Card
      flush
      title="Recent runs"
      actions={
        <Link {...(paths.runs(scope, { workflow: workflowId }) as { to: string })} className="text-[0.8125rem] text-accent hover:underline underline-offset-4">
          All runs
        </Link>
      }
    >
      <Async query={runs} skeleton={<SkeletonRows rows={3} />}>
        {(d) =>
          d.data.length === 0 ? (
            <p className="px-4 py-6 text-muted">No runs in {scope.environment} yet. Deploy it, and call its address.</p>
          ) : (
            <Rows
              rows={d.data}
              columns={[{ head: "Run", cell: (r) => <code className="text-[0.8125rem]">{`…${r.id.slice(-8)}`}</code> }, ...runColumns.filter((c) => c.head !== "Workflow" && c.head !== "Id")]}
              rowKey={(r) => r.id}
              place={(r) => paths.run(scope, r.id)}
              label="Recent runs"
            />
          )
        }
      </Async>
    </Card>
  );
}
