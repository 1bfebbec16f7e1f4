import { useState } from "preact/hooks";
import type { App, Field as Is } from "../contract.ts";
import { fits } from "../clean.ts";
import { say, tell } from "../words.ts";
import { Icon } from "./Icon.tsx";

interface Props {
  field: Is;
  app: App;
  value: string;
  cleaned: boolean; // what was typed was tidied up
  shown: boolean; // whether to say what is wrong
  refused: string; // what the server has against it; "" = nothing
  onInput: (v: string) => void;
  onLeave: () => void;
}

/** What is wrong with a value, in words; "" = nothing. */
export function fault(field: Is, value: string): string {
  if (fits(field, value)) return "";
  if (!value) return say("input.missing");
  return field.example && !field.secret ? say("input.invalid", { example: field.example }) : say("input.invalid.plain");
}

/** One thing to enter: its label, what it is for, where it is found, and what is wrong with it. */
export function Field({ field, app, value, cleaned, shown, refused, onInput, onLeave }: Props) {
  const [open, setOpen] = useState(false);
  const id = `f-${field.name}`, wrong = (shown && fault(field, value)) || refused;
  const described = [field.description && `${id}-help`, wrong && `${id}-wrong`].filter(Boolean).join(" ") || undefined;
  const common = {
    id, name: field.name, value, required: !field.optional, "aria-invalid": wrong ? true : undefined, "aria-describedby": described,
    onInput: (e: Event) => onInput((e.currentTarget as HTMLInputElement).value), onBlur: onLeave,
  };
  return (
    <div class="field">
      <label for={id}>{field.label}{field.optional && <span class="soft"> ({say("input.optional")})</span>}</label>
      {field.options.length > 0 ? (
        <span class="entry">
          <select {...common}>
            {!value && <option value="">{say("input.choose")}</option>}
            {field.options.map((o) => <option key={o.value} value={o.value}>{o.label}</option>)}
          </select>
          <Icon name="down" />
        </span>
      ) : (
        <span class="entry">
          {field.secret && !open
            ? <input {...common} type="password" autocomplete="off" dir="ltr" />
            : <input {...common} type="text" placeholder={field.secret ? undefined : field.example || undefined} autocomplete="off" autocapitalize="none" spellcheck={false} dir="auto" />}
          {field.secret && (
            <button class="inside" type="button" aria-pressed={open} aria-label={say(open ? "input.hide.label" : "input.show.label", { label: field.label })} onClick={() => setOpen(!open)}>
              <Icon name={open ? "hidden" : "eye"} />
            </button>
          )}
        </span>
      )}
      {wrong && <p class="wrong" id={`${id}-wrong`}>{wrong}</p>}
      {cleaned && !wrong && <p class="soft small" role="status">{say("input.cleaned")}</p>}
      {field.description && !field.help_url && <p class="soft small" id={`${id}-help`}>{field.description}</p>}
      {field.help_url && (
        <details class="where">
          <summary>{say("input.where")}</summary>
          <div>
            {field.description && <p id={`${id}-help`}>{field.description}</p>}
            {field.secret && field.example && <p>{tell("input.example", { example: <code dir="ltr">{field.example}</code> })}</p>}
            <p><a href={field.help_url} target="_blank" rel="noreferrer noopener">{say("input.where.open", { app: app.name })} <Icon name="out" flips /></a></p>
          </div>
        </details>
      )}
    </div>
  );
}
