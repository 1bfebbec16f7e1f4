import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { FileCode } from "lucide-react";
import { privateComponentsQuery } from "@/api/components";
import type { PrivateComponent } from "@/api/types";
import { Async } from "@/components/Async";
import { TypeBadge } from "@/components/ComponentBadges";
import { Empty } from "@/components/Empty";
import { Rows, type Column } from "@/components/ListTable";
import { Packages } from "@/components/Packages";
import { PageHead } from "@/components/PageHead";
import { Time } from "@/components/Time";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { ownName } from "@/lib/components";
import { useScope } from "@/lib/hooks";
import { paths } from "@/paths";

const columns: Column<PrivateComponent>[] = [
  {
    head: "Name",
    cell: (c) => (
      <span className="block min-w-0">
        <span className="block [overflow-wrap:anywhere]">{c.name}</span>
        <span className="block text-xs font-normal break-all text-muted">{c.key}</span>
      </span>
    ),
  },
  { head: "State", cell: (c) => (c.problems.length > 0 ? <Badge tone="bad">Not used: it has problems</Badge> : <Badge tone="good">In use</Badge>) },
  { head: "Type", from: "sm", cell: (c) => <TypeBadge type={c.type} /> },
  { head: "App", from: "md", cell: (c) => c.app || <span className="text-muted">none</span> },
  { head: "Version", from: "sm", cell: (c) => <span className="tabular-nums">{c.version}{c.versions.length > 1 && <span className="text-muted"> of {c.versions.length}</span>}</span> },
  { head: "Deployed", from: "lg", cell: (c) => (c.type === "trigger" ? c.triggers : <span className="text-muted">—</span>), className: "tabular-nums" },
  { head: "Saved", from: "lg", cell: (c) => <Time row at={c.created_at} /> },
];

/** The actions and triggers that the workspace wrote itself. */
export function PrivateComponentsPage() {
  const scope = useScope();
  const components = useQuery(privateComponentsQuery);
  const add = (
    <Button asChild variant="primary">
      <Link {...(paths.privateComponentNew(scope) as { to: string })}>Upload a file</Link>
    </Button>
  );
  return (
    <>
      <PageHead title="Your own actions and triggers" text="They are in the catalogue of all projects of this workspace, and of no other’s." up={{ label: "Actions and triggers", place: paths.components(scope) }} actions={add} />
      <section className="rounded-lg border border-line bg-surface shadow-card">
        <Async query={components}>
          {(all) =>
            all.length === 0 ? (
              <Empty icon={FileCode} title="None of your own yet" action={add}>
                An operation file says in YAML which call of an app’s API an action makes, or what a trigger looks for. It is checked, its examples are played, and it serves at once.
              </Empty>
            ) : (
              <Rows label="Your own actions and triggers" rows={all} columns={columns} rowKey={(c) => c.key} place={(c) => paths.privateComponent(scope, ownName(c.key) ?? c.key)} />
            )
          }
        </Async>
      </section>
      <div className="mt-5">
        <Packages components={components.data ?? []} />
      </div>
    </>
  );
}
