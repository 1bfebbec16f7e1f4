import type { Workflow } from "@/api/types";
import { Badge } from "./ui/badge";

export function WorkflowBadge({ workflow: w }: { workflow: Pick<Workflow, "active" | "version"> }) {
  if (w.version === 0) return <Badge>Never deployed</Badge>;
  return w.active ? (
    <Badge tone="good" dot>
      Active
    </Badge>
  ) : (
    <Badge tone="warn" dot>
      Disabled
    </Badge>
  );
}

export function DraftBadge({ workflow: w }: { workflow: Pick<Workflow, "draft_differs" | "version"> }) {
  return w.draft_differs && w.version > 0 ? <Badge tone="info">Draft differs</Badge> : null;
}
