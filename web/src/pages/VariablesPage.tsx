import { useQuery, useQueryClient } from "@tanstack/react-query";
import { LockKeyhole, Plus, Variable as Icon } from "lucide-react";
import { useState } from "react";
import { removeVariable, variablesQuery } from "@/api/workflows";
import type { Variable } from "@/api/types";
import { Async } from "@/components/Async";
import { Confirm } from "@/components/Confirm";
import { Empty } from "@/components/Empty";
import { Rows, type Column } from "@/components/ListTable";
import { PageHead } from "@/components/PageHead";
import { Time } from "@/components/Time";
import { UsedBy } from "@/components/UsedBy";
import { VariableDialog } from "@/components/VariableDialog";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { useScope } from "@/lib/hooks";

/** What workflows read as env.NAME: where it is from, and who reads it. */
export function VariablesPage() {
  const scope = useScope();
  const queries = useQueryClient();
  const variables = useQuery(variablesQuery(scope));
  const [open, setOpen] = useState<Variable | "new">();
  const refresh = () => void queries.invalidateQueries({ queryKey: ["variables"] });
  const columns: Column<Variable>[] = [
    {
      head: "Name",
      cell: (v) => (
        <span className="block min-w-0">
          <code className={v.overridden ? "break-all text-muted line-through" : "break-all"}>{v.name}</code>
          {v.description && <span className="block text-xs font-normal text-muted">{v.description}</span>}
        </span>
      ),
    },
    {
      head: "Value",
      from: "sm",
      cell: (v) =>
        v.secret ? (
          <span className="inline-flex items-center gap-1.5 text-muted">
            <LockKeyhole className="size-3.5" aria-hidden />
            Secret
          </span>
        ) : (
          <code className="block max-w-56 truncate text-[0.8125rem]" title={v.value ?? ""}>
            {v.value === "" ? "(empty)" : v.value}
          </code>
        ),
    },
    { head: "Of", cell: (v) => <Badge tone={v.overridden ? "neutral" : "info"}>{v.overridden ? `${v.scope}, overridden` : v.scope}</Badge> },
    { head: "Used by", from: "md", cell: (v) => <UsedBy uses={v.used_by} /> },
    { head: "Changed", from: "lg", cell: (v) => <Time row at={v.updated_at} /> },
    {
      head: "Action",
      className: "text-right whitespace-nowrap",
      cell: (v) => (
        <span className="inline-flex gap-1.5">
          <Button size="sm" aria-label={`Change ${v.name} of the ${v.scope}`} onClick={() => setOpen(v)}>
            Change
          </Button>
          <Confirm
            trigger={
              <Button size="sm" variant="dangerGhost" aria-label={`Delete ${v.name} of the ${v.scope}`}>
                Delete
              </Button>
            }
            title={`Delete ${v.name}?`}
            text={v.used_by.length > 0 ? `${v.used_by.map((u) => u.name).join(", ")} ${v.used_by.length === 1 ? "reads" : "read"} it. They find the one of a wider scope then, or nothing.` : "No workflow reads it. One of the same name in a wider scope holds from then on."}
            action="Delete variable"
            done="Variable deleted"
            act={() => removeVariable(scope, v)}
            after={refresh}
          />
        </span>
      ),
    },
  ];
  const add = (
    <Button variant="primary" onClick={() => setOpen("new")}>
      <Plus className="size-4" aria-hidden />
      New variable
    </Button>
  );
  return (
    <>
      <PageHead title="Variables" text={`What workflows read as env.NAME in ${scope.environment}. Of several with one name the nearest holds: the environment’s, then the project’s, then the workspace’s.`} actions={add} />
      <section className="rounded-lg border border-line bg-surface shadow-card">
        <Async query={variables}>
          {({ data: rows }) =>
            rows.length === 0 ? (
              <Empty icon={Icon} title="No variables yet" action={add}>
                Keep addresses, switches and secrets here instead of in workflows. An expression reads one as <code>{"{{ env.NAME }}"}</code>; the value of a secret is never shown again, and is left out of what is kept of runs.
              </Empty>
            ) : (
              <Rows label="Variables" rows={rows} columns={columns} rowKey={(v) => v.id} />
            )
          }
        </Async>
      </section>
      {open && <VariableDialog variable={open === "new" ? undefined : open} close={() => setOpen(undefined)} saved={refresh} />}
    </>
  );
}
