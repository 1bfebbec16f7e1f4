import { useQuery } from "@tanstack/react-query";
import { workflowsQuery } from "@/api/calls";
import { useParam, useScope } from "@/lib/hooks";
import { SelectField } from "../../ui/select";

/** Another workflow of the project. What is filled in is its id. */
export function WorkflowField({ label, value, onChange, error }: { label: string; value: string; onChange: (id: string | undefined) => void; error?: string }) {
  const scope = useScope();
  const own = useParam("workflowId");
  const all = useQuery(workflowsQuery(scope));
  const options = (all.data?.data ?? []).filter((w) => w.id !== own).map((w) => ({ value: w.id, label: w.version === 0 ? `${w.name} (not deployed)` : w.name }));
  if (value && !options.some((o) => o.value === value)) options.push({ value, label: value });
  const none = all.isPending ? "Loading…" : options.length === 0 ? "There is no other workflow yet" : "Choose a workflow";
  return (
    <div>
      <SelectField label={label} value={value} onChange={(v) => onChange(v || undefined)} options={[{ value: "", label: none }, ...options]} />
      {error && <p className="mt-1 text-[0.8125rem] text-bad">{error}</p>}
    </div>
  );
}
