import { changeOf, valueOf, type FieldSpec } from "@/lib/flow/kinds";
import type { Context } from "@/lib/flow/expression";
import { DefinitionEditor } from "../../DefinitionEditor";
import { Field, Input, Switch } from "../../ui/field";
import { SelectField } from "../../ui/select";
import type { Edited } from "../editor";
import { AccountField } from "./AccountField";
import { ExpressionInput } from "./ExpressionInput";
import { FormField } from "./FormField";
import { JsonField } from "./JsonField";
import { ListField } from "./ListField";
import { MapField } from "./MapField";
import { UsersField } from "./UsersField";
import { WorkflowField } from "./WorkflowField";

interface Props extends Omit<Edited, "set"> {
  specs: FieldSpec[];
  /** Changes several at once; undefined takes one away. */
  setAll: (fields: Record<string, unknown>) => void;
  context: Context;
  /** What is wrong, by field. */
  wrong: Record<string, string>;
}

/** The fields of a step or a trigger, as its kind lists them. */
export function Fields({ specs, node, setAll, context, wrong }: Props) {
  const set = (spec: FieldSpec, value: unknown) => {
    let fields = spec.key.includes(".") ? changeOf(node, spec, value) : { [spec.key]: value };
    // What another choice does not ask for has no place beside it.
    if (spec.as === "select") {
      for (const f of specs) {
        const next = { ...node, ...fields };
        if (valueOf(next, f) !== undefined && f.when?.(node) && !f.when(next)) fields = { ...fields, ...changeOf(next, f, undefined) };
      }
    }
    setAll(fields);
  };
  return (
    <>
      {specs
        .filter((f) => f.when?.(node) ?? true)
        .map((f) => (
          <One key={f.key} spec={f} value={valueOf(node, f)} set={(v) => set(f, v)} context={context} error={wrong[f.key]} />
        ))}
    </>
  );
}

function One({ spec: f, value, set, context, error }: { spec: FieldSpec; value: unknown; set: (v: unknown) => void; context: Context; error?: string }) {
  const text = typeof value === "string" ? value : value === undefined || value === null ? "" : String(value);
  switch (f.as) {
    case "account":
      return <AccountField value={value as never} onChange={set} />;
    case "map":
      return <MapField label={f.label} value={value} onChange={set} context={context} />;
    case "json":
      return <JsonField label={f.label} hint={f.hint} value={value} onChange={set} context={context} />;
    case "select":
      return <SelectField label={f.label} hint={f.hint} value={text || (f.options?.some((o) => o.value === "") ? "" : (f.options?.[0]?.value ?? ""))} onChange={(v) => set(v || undefined)} options={f.options ?? []} />;
    case "code":
      return (
        <div>
          <span aria-hidden className="mb-1 block font-medium">
            {f.label}
          </span>
          <DefinitionEditor short label={f.label} hint={f.hint} value={text} onChange={set} invalid={!!error} />
          {error && <p className="mt-1 text-[0.8125rem] text-bad">{error}</p>}
        </div>
      );
    case "number":
      return (
        <Field label={f.label} hint={f.hint} error={error}>
          {(ids) => <Input {...ids} type="number" inputMode="numeric" value={text} placeholder={f.placeholder} onChange={(e) => set(e.target.value === "" ? undefined : Number(e.target.value))} />}
        </Field>
      );
    case "list":
      return <ListField label={f.label} hint={f.hint} placeholder={f.placeholder} value={value} onChange={set} error={error} />;
    case "switch":
      return <Switch label={f.label} hint={f.hint} checked={value === true} onChange={(on) => set(on || undefined)} />;
    case "workflow":
      return <WorkflowField label={f.label} value={text} onChange={set} error={error} />;
    case "users":
      return <UsersField label={f.label} value={value as never} onChange={set} context={context} />;
    case "form":
      return <FormField value={value as never} onChange={set} context={context} />;
  }
  const braces = f.as === "condition" || f.as === "expression";
  return (
    <Field label={f.label} hint={f.hint} error={error}>
      {(ids) => (
        <div
          // Whoever writes a bare expression means one.
          onBlur={() => braces && text.trim() !== "" && !text.includes("{{") && set(`{{ ${text.trim()} }}`)}
        >
          <ExpressionInput id={ids.id} aria-describedby={ids["aria-describedby"]} invalid={ids["aria-invalid"]} lines={f.as === "lines"} code={braces} placeholder={f.placeholder} value={text} onChange={(v) => set(v === "" ? undefined : v)} context={context} />
        </div>
      )}
    </Field>
  );
}
