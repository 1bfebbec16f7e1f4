import type { ConfigurableProp } from "@patchbay/browser";
import { useEffect, useState } from "react";
import { useForm, type Control } from "./context.js";
import { same, shownAs } from "./model.js";

type Of<T extends ConfigurableProp["type"]> = Extract<ConfigurableProp, { type: T }>;

const common = ({ id, describedBy, invalid, disabled, prop }: Control) => ({
  id, className: "pb-input", "aria-describedby": describedBy, "aria-invalid": invalid || undefined, "aria-required": !prop.optional || undefined, disabled, readOnly: !!prop.readOnly,
});

/** Text; what is secret is not shown. Also for what has no control of its own. */
export function TextField(c: Control) {
  const { prop, value, set } = c;
  const secret = prop.type === "string" && !!prop.secret;
  const text = typeof value === "string" ? value : value === undefined || value === null ? "" : (shownAs(value)?.label ?? "");
  const long = prop.type === "any" || text.includes("\n");
  if (long && !secret) return <textarea {...common(c)} rows={3} value={text} onChange={(e) => set(e.target.value || undefined)} />;
  return <input {...common(c)} type={secret ? "password" : "text"} autoComplete={secret ? "off" : undefined} spellCheck={!secret} value={text} onChange={(e) => set(e.target.value || undefined)} />;
}

export function NumberField(c: Control<Of<"integer">>) {
  const { setBroken, labels } = useForm();
  const { prop, value, set } = c;
  return (
    <input
      {...common(c)} type="number" step={1} min={prop.min ?? undefined} max={prop.max ?? undefined} value={typeof value === "number" ? value : ""}
      onChange={(e) => {
        const { value: text, validity } = e.target;
        setBroken(prop.name, validity.badInput ? labels.notNumber : undefined);
        set(text === "" ? undefined : Number(text));
      }}
    />
  );
}

/** An object as JSON. What is not JSON yet stays in the field and is not a value. */
export function JsonField(c: Control) {
  const { setBroken, labels } = useForm();
  const { prop, value, set } = c;
  const write = (v: unknown) => (v === undefined || v === null ? "" : JSON.stringify(v, null, 2));
  const [text, setText] = useState(() => write(value));
  const read = (t: string): unknown => (t.trim() ? JSON.parse(t) : undefined);
  useEffect(() => {
    // The value was set from outside.
    let now: unknown;
    try {
      now = read(text);
    } catch {
      return;
    }
    if (!same(now, value ?? undefined)) setText(write(value));
  }, [value]);
  return (
    <textarea
      {...common(c)} className="pb-input pb-code" rows={4} spellCheck={false} value={text}
      onChange={(e) => {
        setText(e.target.value);
        try {
          const v = read(e.target.value);
          if (v !== undefined && (typeof v !== "object" || v === null || Array.isArray(v))) throw new TypeError();
          setBroken(prop.name, undefined);
          set(v);
        } catch {
          setBroken(prop.name, labels.notJson);
        }
      }}
    />
  );
}

/** A list of texts or numbers, one in a row. */
export function Rows({ prop, id, describedBy, invalid, disabled, value, set }: Control) {
  const { labels } = useForm();
  const number = prop.type === "integer[]", secret = prop.type === "string[]" && !!prop.secret;
  const rows: unknown[] = Array.isArray(value) ? value : [];
  const label = prop.label ?? prop.name;
  const [added, setAdded] = useState(-1); // gets the focus
  const put = (n: number, v: unknown) => set(rows.map((r, i) => (i === n ? v : r)));
  const off = disabled || !!prop.readOnly;
  return (
    <div className="pb-rows">
      {rows.map((row, n) => (
        <div key={n} className="pb-row">
          <input
            id={n ? undefined : id} className="pb-input" type={number ? "number" : secret ? "password" : "text"} aria-label={`${label} ${n + 1}`} aria-describedby={describedBy} aria-invalid={invalid || undefined} disabled={off} autoFocus={n === added}
            value={(row as string | number | null) ?? ""} onChange={(e) => put(n, number ? (e.target.value === "" ? null : Number(e.target.value)) : e.target.value)}
          />
          <button type="button" className="pb-icon" disabled={off} aria-label={labels.remove(`${label} ${n + 1}`)} onClick={() => set(rows.length > 1 ? rows.filter((_, i) => i !== n) : undefined)}>×</button>
        </div>
      ))}
      <button type="button" id={rows.length ? undefined : id} className="pb-button pb-quiet" disabled={off} aria-describedby={describedBy} onClick={() => { setAdded(rows.length); set([...rows, number ? null : ""]); }}>{labels.add}</button>
    </div>
  );
}
