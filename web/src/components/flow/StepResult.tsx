import { Fold, Json } from "../Json";
import { StepBadge } from "../Status";
import { Badge } from "../ui/badge";
import { duration } from "@/lib/time";
import type { Node, Path } from "@/lib/flow/tree";
import { useEditor } from "./editor";

/** What became of a step the last time. */
export function StepResult({ node }: { node: Node; path: Path }) {
  const r = useEditor().results[node.name];
  if (!r) return null;
  return (
    <section className="border-t border-line pt-4">
      <div className="mb-1 flex flex-wrap items-center gap-2">
        <h3 className="font-medium">The last time</h3>
        <StepBadge status={r.status as never} />
        {r.stale && <Badge tone="warn" title="It, or a step that it sees, was changed since: test it again.">Changed since</Badge>}
        {r.ms !== null && <span className="ml-auto text-[0.8125rem] text-muted tabular-nums">{duration(r.ms)}</span>}
      </div>
      {r.error && (
        <p className="mb-1 break-words text-bad">
          {r.error.message} <code className="text-xs">{r.error.code}</code>
        </p>
      )}
      {r.output !== undefined && r.output !== null && (
        <Fold title="Output" open>
          <Json value={r.output} what={`the output of ${node.name}`} />
        </Fold>
      )}
      {r.input !== undefined && r.input !== null && (
        <Fold title="Input">
          <Json value={r.input} what={`the input of ${node.name}`} />
        </Fold>
      )}
    </section>
  );
}
