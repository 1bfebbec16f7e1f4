import { kindOf } from "@/lib/flow/kinds";
import type { Context } from "@/lib/flow/expression";
import { Fold } from "../Json";
import { Field, Input } from "../ui/field";
import { SelectField } from "../ui/select";
import type { Edited } from "./editor";

interface Retry {
  attempts: number;
  delay?: string;
  factor?: number;
}

/** What happens when a step fails. */
export function Reliability({ node, set }: Edited & { context: Context }) {
  const retry = node.retry as Retry | undefined;
  const goesOn = node.on_error === "continue";
  const change = (by: Partial<Retry>) => {
    const next: Retry = { ...(retry ?? { attempts: 1 }), ...by };
    if (!next.delay) delete next.delay;
    if (!next.factor) delete next.factor;
    set("retry", next.attempts > 1 ? next : undefined);
  };
  const said = [retry && `tried ${retry.attempts} times`, goesOn && "the run goes on"].filter(Boolean).join(", ");
  return (
    <Fold title="When it fails" aside={said || "the run fails"} open={Boolean(said)}>
      <div className="space-y-3">
        {kindOf(node.type).retries && (
          <div className="grid grid-cols-3 gap-2">
            <Field label="Tries">{(ids) => <Input {...ids} type="number" min={1} max={10} value={retry?.attempts ?? 1} onChange={(e) => change({ attempts: Number(e.target.value) || 1 })} />}</Field>
            <Field label="First wait">{(ids) => <Input {...ids} value={retry?.delay ?? ""} placeholder="10s" disabled={!retry} onChange={(e) => change({ delay: e.target.value })} />}</Field>
            <Field label="Factor">{(ids) => <Input {...ids} type="number" min={1} max={10} step={0.5} value={retry?.factor ?? ""} placeholder="2" disabled={!retry} onChange={(e) => change({ factor: Number(e.target.value) || undefined })} />}</Field>
          </div>
        )}
        <SelectField
          label="Then"
          value={String(node.on_error ?? "")}
          onChange={(v) => set("on_error", v || undefined)}
          options={[
            { value: "", label: "the run fails" },
            { value: "continue", label: "the run goes on" },
          ]}
          hint={goesOn ? `The steps below find what was wrong in steps.${node.name}.error.` : undefined}
        />
      </div>
    </Fold>
  );
}
