import { Link } from "@tanstack/react-router";
import { Plus, Workflow as Icon } from "lucide-react";
import { listWorkflows } from "@/api/calls";
import type { Workflow } from "@/api/types";
import { Id } from "@/components/Copy";
import { Empty } from "@/components/Empty";
import { ListTable, type Column } from "@/components/ListTable";
import { PageHead } from "@/components/PageHead";
import { Time } from "@/components/Time";
import { DraftBadge, WorkflowBadge } from "@/components/WorkflowBadge";
import { buttonStyle } from "@/components/ui/button";
import { usePages, useScope } from "@/lib/hooks";
import { paths } from "@/paths";

const columns: Column<Workflow>[] = [
  { head: "Name", cell: (w) => <span className="block max-w-44 truncate sm:max-w-72">{w.name}</span> },
  {
    head: "State",
    cell: (w) => (
      <span className="flex flex-wrap gap-1">
        <WorkflowBadge workflow={w} />
        <DraftBadge workflow={w} />
      </span>
    ),
  },
  { head: "Version", from: "sm", cell: (w) => (w.version === 0 ? <span className="text-muted">none</span> : w.version), className: "tabular-nums" },
  { head: "Steps", from: "md", cell: (w) => w.draft.steps.length, className: "tabular-nums" },
  { head: "Id", from: "lg", cell: (w) => <Id id={w.id} short /> },
  { head: "Changed", from: "sm", cell: (w) => <Time row at={w.updated_at} /> },
];

export function WorkflowsPage() {
  const scope = useScope();
  const workflows = usePages(["workflows", scope.projectId], (after, limit) => listWorkflows(scope, { after, limit }));
  const add = (
    <Link {...(paths.workflowNew(scope) as { to: string })} className={buttonStyle({ variant: "primary" })}>
      <Plus className="size-4" aria-hidden />
      New workflow
    </Link>
  );
  return (
    <>
      <PageHead title="Workflows" text="The same in both environments; each run belongs to one." actions={add} />
      <ListTable
        label="Workflows"
        query={workflows}
        columns={columns}
        rowKey={(w) => w.id}
        place={(w) => paths.workflow(scope, w.id)}
        empty={
          <Empty icon={Icon} title="No workflows yet" action={add}>
            A workflow waits for a call over HTTP and then takes its steps with the connected account of the user it is called for. You write it once; it runs
            for each of your users.
          </Empty>
        }
      />
    </>
  );
}
