import { Link } from "@tanstack/react-router";
import type { Run } from "@/api/types";
import { useScope } from "@/lib/hooks";
import { paths } from "@/paths";
import { RunBadge } from "../Status";
import { Select } from "../ui/select";
import { useEvents } from "./TestDialog";

interface Props {
  workflowId: string;
  /** The run whose values are shown. */
  run: Run | undefined;
  chosen: string | undefined;
  choose: (id: string | undefined) => void;
}

/** From which event one builds: its values are offered in expressions, and what became of its run is shown at each step. */
export function SampleSelect({ workflowId, run, chosen, choose }: Props) {
  const scope = useScope();
  const { options } = useEvents(scope, workflowId);
  if (!run && !chosen) return null;
  const all = chosen && !options.some((o) => o.value === chosen) ? [{ value: chosen, label: `The run …${chosen.slice(-8)}` }, ...options] : options;
  return (
    <div className="flex min-w-0 items-center gap-2">
      {run && (
        <Link {...(paths.run(scope, run.id) as { to: string })} title="The run whose values are shown" className="max-sm:hidden">
          <RunBadge status={run.status} />
        </Link>
      )}
      <Select label="Build from the event of" value={chosen ?? ""} onChange={(id) => choose(id || undefined)} options={[{ value: "", label: "Values of the last run" }, ...all]} className="w-40" />
    </div>
  );
}
