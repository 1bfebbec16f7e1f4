import { useEffect, useRef, useState } from "preact/hooks";
import { concerns } from "../../../src/lib/concerns.ts";
import { clean, fits } from "../clean.ts";
import type { Plan } from "../contract.ts";
import type { Flow } from "../flow.ts";
import { Button } from "../parts/Button.tsx";
import { Field } from "../parts/Field.tsx";
import { Legal } from "../parts/Foot.tsx";
import { Icon } from "../parts/Icon.tsx";
import { Pair } from "../parts/Logos.tsx";
import { Title } from "../parts/Title.tsx";
import { say, tell } from "../words.ts";

type Typed = { [name: string]: string };

/** What was typed last, kept while the user looks at another screen. It leaves the page only by its form. */
let kept: { app: string; values: Typed } = { app: "", values: {} };

/** What the user has to say about their account, or their keys. */
export function Input({ flow, plan, error, field }: { flow: Flow; plan: Plan; error: string; field?: string }) {
  const { brand, reconnect } = flow.page, { app, fields } = plan;
  const names = { product: brand.product, app: app.name };
  const keys = plan.method?.kind !== "oauth";
  const [values, setValues] = useState<Typed>(() => ({ ...Object.fromEntries(fields.map((f) => [f.name, f.default])), ...(kept.app === app.slug ? kept.values : {}) }));
  const [left, setLeft] = useState<ReadonlySet<string>>(new Set());
  const [tidied, setTidied] = useState<ReadonlySet<string>>(new Set());
  const form = useRef<HTMLFormElement>(null), alert = useRef<HTMLParagraphElement>(null);
  useEffect(() => { kept = { app: app.slug, values }; }, [values]);
  // What the server has against a field is said there, as long as it holds what was sent.
  const [stands, setStands] = useState(error !== "");
  const about = fields.find((f) => concerns(field, f.name))?.name;
  useEffect(() => { if (error) (about ? (form.current?.elements.namedItem(about) as HTMLElement | null) : alert.current)?.focus(); }, [error]);

  const set = (name: string, v: string) => setValues((now) => ({ ...now, [name]: v }));
  const tidy = (name: string) => {
    const field = fields.find((f) => f.name === name)!, typed = values[name] ?? "", tidy = clean(field, typed);
    if (tidy !== typed) {
      set(name, tidy);
      setTidied((now) => new Set(now).add(name));
    }
    if (typed) setLeft((now) => new Set(now).add(name));
    return tidy;
  };
  const send = (event: Event) => {
    event.preventDefault();
    const sent = Object.fromEntries(fields.map((f) => [f.name, tidy(f.name)]));
    const wrong = fields.find((f) => !fits(f, sent[f.name] ?? ""));
    setLeft(new Set(fields.map((f) => f.name)));
    if (wrong) {
      flow.record.add("field_invalid", "input", wrong.name);
      (form.current?.elements.namedItem(wrong.name) as HTMLElement | null)?.focus();
      return;
    }
    flow.agree(Object.fromEntries(Object.entries(sent).filter(([, v]) => v !== "")), flow.powers);
  };

  return (
    <>
      <Pair brand={brand} app={app} state={reconnect ? "bad" : "idle"} />
      <Title>{reconnect ? tell("reconnect.title", { account: reconnect.name }) : tell(keys ? "input.title.keys" : "input.title", names)}</Title>
      {reconnect && <p>{tell("reconnect.note.keys", names)}</p>}
      <form ref={form} onSubmit={send} noValidate autocomplete="off">
        {error && !about && <p class="box bad" role="alert" tabIndex={-1} ref={alert}><Icon name="alert" /><span>{error}</span></p>}
        {fields.map((f) => (
          <Field key={f.name} field={f} app={app} value={values[f.name] ?? ""} cleaned={tidied.has(f.name)} shown={left.has(f.name)} refused={stands && f.name === about ? error : ""}
            onInput={(v) => { set(f.name, v); if (f.name === about) setStands(false); setTidied((now) => { const next = new Set(now); next.delete(f.name); return next; }); }} onLeave={() => tidy(f.name)} />
        ))}
        <div class="acts"><Button type="submit">{keys ? say("input.go") : tell("explain.go", names)}</Button></div>
      </form>
      <p class="note"><Icon name="lock" /><span>{keys ? tell("input.note.keys", names) : tell("explain.note.oauth", { ...names, host: plan.provider_host || app.name })}</span></p>
      <Legal brand={brand} />
    </>
  );
}
