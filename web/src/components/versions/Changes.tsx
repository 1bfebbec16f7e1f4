import { useQuery } from "@tanstack/react-query";
import { changesQuery } from "@/api/versions";
import type { Schemas } from "@/api/types";
import { useScope } from "@/lib/hooks";
import { Async, SkeletonRows } from "../Async";
import { Badge, type Tone } from "../ui/badge";

const tones: Record<Schemas["WorkflowChange"]["kind"], [Tone, string]> = { added: ["good", "Added"], removed: ["bad", "Removed"], changed: ["info", "Changed"], moved: ["neutral", "Moved"] };

const few = 8;

/** What changes on the way from a version to another one, or to the draft, in a few lines. */
export function Changes({ workflowId, from, to, none }: { workflowId: string; from: number; to?: number; none: string }) {
  const changes = useQuery(changesQuery(useScope(), workflowId, from, to));
  return (
    <Async query={changes} skeleton={<SkeletonRows rows={2} />}>
      {(all) =>
        all.length === 0 ? (
          <p className="text-muted">{none}</p>
        ) : (
          <ul className="space-y-1 text-[0.8125rem]">
            {all.slice(0, few).map((c) => (
              <li key={`${c.kind} ${c.path}`} className="flex items-baseline gap-2">
                <Badge tone={tones[c.kind][0]}>{tones[c.kind][1]}</Badge>
                <code className="min-w-0 break-all">{c.path}</code>
              </li>
            ))}
            {all.length > few && <li className="text-muted">and {all.length - few} more</li>}
          </ul>
        )
      }
    </Async>
  );
}
