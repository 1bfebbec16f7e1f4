import type { ConfigurableProp } from "@patchbay/browser";
import { useId, type ReactElement } from "react";
import { AppField } from "./app.js";
import { useForm, type Control } from "./context.js";
import { HttpField, TimerField } from "./compound.js";
import { choices, many, same, shownAs } from "./model.js";
import { remote } from "./options.js";
import { Picker } from "./picker.js";
import { JsonField, NumberField, Rows, TextField } from "./simple.js";

/** One prop with its label, its help and what is wrong with it. */
export function Field({ prop, error }: { prop: ConfigurableProp; error: string | undefined }) {
  const { values, disabled, set } = useForm();
  const id = useId();
  if (prop.type === "alert") {
    const kind = prop.alertType ?? "info";
    return <div className={`pb-alert pb-alert-${kind}`} role={kind === "error" || kind === "warning" ? "alert" : "note"}>{prop.content}</div>;
  }
  const help = prop.description ? `${id}-help` : undefined, wrong = error ? `${id}-error` : undefined;
  const control: Control = {
    prop, id, labelId: `${id}-label`, describedBy: [help, wrong].filter(Boolean).join(" ") || undefined, invalid: !!error,
    disabled: disabled || !!prop.disabled, value: values[prop.name], set: (value) => { if (!prop.readOnly) set(prop.name, value); },
  };
  const label = prop.label ?? prop.name;
  const { single, element } = draw(control);
  const inside = (
    <>
      {prop.description && <p id={help} className="pb-help">{prop.description}</p>}
      {element}
      {error && <p id={wrong} className="pb-error">{error}</p>}
    </>
  );
  if (prop.type === "boolean" && !prop.options?.length) {
    return <div className="pb-field" data-prop={prop.name}>{element}{prop.description && <p id={help} className="pb-help">{prop.description}</p>}{error && <p id={wrong} className="pb-error">{error}</p>}</div>;
  }
  return single
    ? <div className="pb-field" data-prop={prop.name}><label id={control.labelId} htmlFor={id} className="pb-label">{label}</label>{inside}</div>
    : <fieldset className="pb-field" data-prop={prop.name} aria-describedby={control.describedBy}><legend id={control.labelId} className="pb-label">{label}</legend>{inside}</fieldset>;
}

/** The control of a prop, and whether it is a single one, which its label can name. */
function draw(c: Control): { single: boolean; element: ReactElement } {
  const { prop } = c;
  const one = (element: ReactElement) => ({ single: true, element });
  const group = (element: ReactElement) => ({ single: false, element });
  if (remote(prop)) return one(<Picker {...c} />);
  if (prop.type === "$.interface.timer") return group(<TimerField {...c} />);
  if (prop.options?.length) return one(many(prop) ? <Picker {...c} /> : <Select {...c} />);
  switch (prop.type) {
    case "app":
      return group(<AppField {...c} prop={prop} />);
    case "boolean":
      return one(<Checkbox {...c} />);
    case "integer":
      return one(<NumberField {...c} prop={prop} />);
    case "integer[]":
    case "string[]":
      return group(<Rows {...c} />);
    case "object":
      return one(<JsonField {...c} />);
    case "sql":
      return one(<Sql {...c} />);
    case "http_request":
      return group(<HttpField {...c} />);
    default:
      return one(<TextField {...c} />);
  }
}

/** One of a few options. */
function Select({ prop, id, describedBy, invalid, disabled, value, set }: Control) {
  const { labels } = useForm();
  const options = choices(prop.options);
  const now = shownAs(value, options);
  const at = now ? options.findIndex((o) => same(o.value, now.value)) : -1;
  return (
    <select
      id={id} className="pb-input" aria-describedby={describedBy} aria-invalid={invalid || undefined} aria-required={!prop.optional || undefined} disabled={disabled || !!prop.readOnly} value={at}
      onChange={(e) => { const c = options[Number(e.target.value)]; set(c && (prop.withLabel ? { __lv: c } : c.value)); }}
    >
      {(at < 0 || prop.optional) && <option value={-1}>{now && at < 0 ? now.label : labels.choose}</option>}
      {options.map((o, n) => <option key={n} value={n}>{o.label}</option>)}
    </select>
  );
}

function Checkbox({ prop, id, describedBy, invalid, disabled, value, set }: Control) {
  return (
    <label className="pb-check" htmlFor={id}>
      <input id={id} type="checkbox" checked={value === true} disabled={disabled || !!prop.readOnly} aria-describedby={describedBy} aria-invalid={invalid || undefined} onChange={(e) => set(e.target.checked)} />
      {prop.label ?? prop.name}
    </label>
  );
}

function Sql({ prop, id, describedBy, invalid, disabled, value, set }: Control) {
  const now = (value ?? {}) as { value?: string; query?: string };
  return (
    <textarea
      id={id} className="pb-input pb-code" rows={6} spellCheck={false} aria-describedby={describedBy} aria-invalid={invalid || undefined} aria-required={!prop.optional || undefined} disabled={disabled} readOnly={!!prop.readOnly}
      value={now.value ?? now.query ?? ""}
      onChange={(e) => set({ params: [], usePreparedStatements: false, ...now, value: e.target.value, query: e.target.value })}
    />
  );
}
