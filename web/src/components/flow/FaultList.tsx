import { CircleAlert } from "lucide-react";
import { owner } from "@/lib/flow/tree";
import { writtenPath, type Fault } from "@/lib/flow/faults";
import type { Flow } from "./useFlow";

/** All that keeps a draft from being saved; each leads to its place. */
export function FaultList({ flow, open }: { flow: Flow; open: () => void }) {
  if (flow.faults.length === 0) return null;
  const go = (f: Fault) => {
    open();
    const [root, index] = f.path;
    const step = owner(flow.doc, f.path);
    if (step) flow.select({ step: step.path });
    else if (root === "triggers" && typeof index === "number") flow.select({ trigger: index });
    else flow.select("settings");
  };
  return (
    <div role="alert" className="mb-3 flex items-start gap-3 rounded-md border border-bad/30 bg-bad-soft px-3 py-2">
      <CircleAlert className="mt-0.5 size-4 shrink-0 text-bad" aria-hidden />
      <div className="min-w-0">
        <p className="font-medium">Not saved: {flow.faults.length === 1 ? "one thing is" : `${flow.faults.length} things are`} wrong.</p>
        <ul className="mt-1 space-y-0.5 text-[0.8125rem]">
          {flow.faults.slice(0, 8).map((f) => (
            <li key={writtenPath(f.path) + f.message} className="break-words">
              <button type="button" onClick={() => go(f)} className="text-left hover:underline underline-offset-4">
                <code>{owner(flow.doc, f.path)?.step.name ?? writtenPath(f.path)}</code>: {f.message}
              </button>
            </li>
          ))}
        </ul>
      </div>
    </div>
  );
}
