import { useState } from "react";
import type { FieldSpec } from "@/lib/flow/kinds";
import type { Context } from "@/lib/flow/expression";
import { DefinitionEditor } from "../../DefinitionEditor";
import { Field, Input } from "../../ui/field";
import { SelectField } from "../../ui/select";
import type { Edited } from "../editor";
import { AccountField } from "./AccountField";
import { ExpressionInput } from "./ExpressionInput";
import { JsonField } from "./JsonField";
import { MapField } from "./MapField";

interface Props extends Edited {
  specs: FieldSpec[];
  context: Context;
  /** What is wrong, by field. */
  wrong: Record<string, string>;
}

/** The fields of a step or a trigger, as its kind lists them. */
export function Fields({ specs, node, set, context, wrong }: Props) {
  return (
    <>
      {specs
        .filter((f) => f.when?.(node) ?? true)
        .map((f) => (
          <One key={f.key} spec={f} value={node[f.key]} set={(v) => set(f.key, v)} context={context} error={wrong[f.key]} />
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
      return <ListField spec={f} value={value} set={set} error={error} />;
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

/** Texts, one a line. */
function ListField({ spec: f, value, set, error }: { spec: FieldSpec; value: unknown; set: (v: unknown) => void; error?: string }) {
  const [text, setText] = useState(() => (Array.isArray(value) ? value.join("\n") : ""));
  return (
    <Field label={f.label} hint={f.hint ?? "One a line."} error={error}>
      {(ids) => (
        <textarea
          {...ids}
          rows={3}
          value={text}
          placeholder={f.placeholder}
          spellCheck={false}
          onChange={(e) => {
            setText(e.target.value);
            const all = e.target.value.split("\n").map((l) => l.trim()).filter(Boolean);
            set(all.length > 0 ? all : undefined);
          }}
          className="w-full rounded-md border border-line-strong/60 bg-surface px-2.5 py-1.5 font-mono text-[0.8125rem]"
        />
      )}
    </Field>
  );
}
