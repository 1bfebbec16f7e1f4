import { Link } from "@tanstack/react-router";
import { useScope } from "@/lib/hooks";
import { paths } from "@/paths";

export interface Use {
  project_id?: string;
  workflow_id: string;
  name: string;
  /** False where only the draft does. */
  running?: boolean;
}

/** The workflows that use something. */
export function UsedBy({ uses }: { uses: Use[] }) {
  const scope = useScope();
  if (uses.length === 0) return <span className="text-muted">nobody</span>;
  return (
    <ul className="space-y-0.5 text-[0.8125rem]">
      {uses.slice(0, 3).map((u) => (
        <li key={u.workflow_id} className="max-w-48 truncate">
          <Link {...(paths.workflow({ ...scope, projectId: u.project_id ?? scope.projectId }, u.workflow_id) as { to: string })} className="text-accent hover:underline underline-offset-4">
            {u.name}
          </Link>
          {u.running === false && <span className="text-muted"> (draft)</span>}
        </li>
      ))}
      {uses.length > 3 && <li className="text-muted">and {uses.length - 3} more</li>}
    </ul>
  );
}
