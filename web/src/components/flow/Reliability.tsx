import { kindOf } from "@/lib/flow/kinds";
import { at, split, type Node } from "@/lib/flow/tree";
import type { Context } from "@/lib/flow/expression";
import { Fold } from "../Json";
import { Checkbox, Field, Input } from "../ui/field";
import { SelectField } from "../ui/select";
import { useEditor, type Edited } from "./editor";
import { JsonField } from "./fields/JsonField";

interface Retry {
  attempts: number;
  delay?: string;
  factor?: number;
  jitter?: number;
  on?: string[];
}

/** After which failures a step is tried again, and whether it is unless that is said. */
const classes: { value: string; label: string; usual: boolean }[] = [
  { value: "unavailable", label: "The app or the network is out", usual: true },
  { value: "rate_limited", label: "It was asked too often", usual: true },
  { value: "timeout", label: "It took too long", usual: true },
  { value: "out_of_memory", label: "It took too much memory", usual: false },
  { value: "other", label: "Anything else, such as a refusal or a fault in code", usual: false },
];
const usual = classes.filter((c) => c.usual).map((c) => c.value);

/** What happens when a step fails. */
export function Reliability({ node, path, set, setAll, context }: Edited & { context: Context; setAll: (fields: Record<string, unknown>) => void }) {
  const retry = node.retry as Retry | undefined;
  const { doc } = useEditor();
  const way = String(node.on_error ?? "");
  const { list, index } = split(path);
  const later = ((at(doc, list) ?? []) as Node[]).slice(index + 1).map((s) => s.name);
  const change = (by: Partial<Retry>) => {
    const next: Retry = { ...(retry ?? { attempts: 1 }), ...by };
    if (!next.delay) delete next.delay;
    if (!next.factor) delete next.factor;
    if (next.jitter === undefined) delete next.jitter;
    if (next.on && next.on.length === usual.length && usual.every((c) => next.on?.includes(c))) delete next.on;
    set("retry", next.attempts > 1 ? next : undefined);
  };
  /** What another way asks for has no place beside this one. */
  const choose = (next: string) => setAll({ on_error: next || undefined, goto: next === "goto" ? (later[0] ?? "") : undefined, fallback: next === "fallback" ? (node.fallback ?? {}) : undefined });
  const ways: Record<string, string> = { "": "the run fails", continue: "the run goes on", ...((later.length > 0 || way === "goto") && { goto: "it goes on at another step" }), fallback: "it goes on with another value" };
  const said = [retry && `tried ${retry.attempts} times`, way && ways[way]].filter(Boolean).join(", ");
  return (
    <Fold title="When it fails" aside={said || "the run fails"} open={Boolean(said)}>
      <div className="space-y-3">
        {kindOf(node.type).retries && (
          <div className="grid grid-cols-2 gap-2 sm:grid-cols-4">
            <Field label="Tries">{(ids) => <Input {...ids} type="number" min={1} max={10} value={retry?.attempts ?? 1} onChange={(e) => change({ attempts: Number(e.target.value) || 1 })} />}</Field>
            <Field label="First wait">{(ids) => <Input {...ids} value={retry?.delay ?? ""} placeholder="10s" disabled={!retry} onChange={(e) => change({ delay: e.target.value })} />}</Field>
            <Field label="Factor">{(ids) => <Input {...ids} type="number" min={1} max={10} step={0.5} value={retry?.factor ?? ""} placeholder="2" disabled={!retry} onChange={(e) => change({ factor: Number(e.target.value) || undefined })} />}</Field>
            <Field label="Spread by">{(ids) => <Input {...ids} type="number" min={0} max={1} step={0.1} value={retry?.jitter ?? ""} placeholder="0.1" disabled={!retry} onChange={(e) => change({ jitter: e.target.value === "" ? undefined : Number(e.target.value) })} />}</Field>
          </div>
        )}
        {retry && (
          <fieldset className="space-y-1.5">
            <legend className="mb-1 text-sm font-medium">Tried again when</legend>
            {classes.map(({ value, label }) => {
              const on = retry.on ?? usual;
              const last = on.length === 1 && on[0] === value;
              return <Checkbox key={value} label={label} checked={on.includes(value)} disabled={last} onChange={(yes) => change({ on: classes.map((c) => c.value).filter((c) => (c === value ? yes : on.includes(c))) })} />;
            })}
          </fieldset>
        )}
        <SelectField label="Then" value={way} onChange={choose} options={Object.entries(ways).map(([value, label]) => ({ value, label }))} hint={["continue", "goto"].includes(way) ? `It finds what was wrong in steps.${node.name}.error.` : undefined} />
        {way === "goto" && <SelectField label="At the step" value={String(node.goto ?? "")} onChange={(v) => set("goto", v)} options={[...new Set([...later, String(node.goto ?? "")])].filter(Boolean).map((value) => ({ value, label: value }))} />}
        {way === "fallback" && <JsonField label="The value" hint="It stands in the place of the output." value={node.fallback} onChange={(v) => set("fallback", v)} context={context} />}
      </div>
    </Fold>
  );
}
