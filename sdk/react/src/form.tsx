import type { Component, ConfigurableProp, ConfiguredProps } from "@patchbay/browser";
import { Fragment, useEffect, useMemo, useRef, useState, type FormEvent, type ReactElement, type ReactNode } from "react";
import { FormContext } from "./context.js";
import { Field } from "./fields.js";
import { useComponent } from "./hooks.js";
import { complaint, defaults, empty, payload, problems, shown } from "./model.js";
import { useShared } from "./provider.js";

/** What `actions.run` and `triggers.deploy` take. */
export interface Configured {
  id: string;
  version: string;
  configuredProps: ConfiguredProps;
  dynamicPropsId?: string;
}

export interface ComponentFormProps {
  /** A component, or its key. */
  component: Component | string;
  /** The values, if you keep them; with onChange. */
  value?: ConfiguredProps;
  /** The values to begin with, if you do not. */
  defaultValue?: ConfiguredProps;
  onChange?: (value: ConfiguredProps) => void;
  /** Called when all is filled in as it must be. While its promise is open the form is busy; what it throws is shown. */
  onSubmit?: (configured: Configured) => unknown;
  /** By slug of the app: the OAuth client to connect it with. */
  oauthAppIds?: Record<string, string>;
  submitLabel?: ReactNode;
  /** Draws a prop's field, from how the form would draw it: something beside it, or something else in its place. */
  field?: (prop: ConfigurableProp, drawn: ReactElement) => ReactNode;
  disabled?: boolean;
  className?: string;
}

/** A form for all that a component can be configured with. */
export function ComponentForm({ component, ...rest }: ComponentFormProps) {
  const { labels } = useShared();
  const loaded = useComponent(typeof component === "string" ? component : undefined);
  const found = typeof component === "string" ? loaded.component : component;
  if (found) return <Loaded key={`${found.key}@${found.version}`} component={found} {...rest} />;
  if (loaded.error) return <p className="pb-error" role="alert">{loaded.error.message} <button type="button" className="pb-link" onClick={loaded.reload}>{labels.retry}</button></p>;
  return <p className="pb-note" role="status">{labels.loading}</p>;
}

const none: Record<string, string> = {};

function Loaded({ component, value, defaultValue, onChange, onSubmit, oauthAppIds = none, submitLabel, field: draw, disabled = false, className }: Omit<ComponentFormProps, "component"> & { component: Component }) {
  const { labels } = useShared();
  const [own, setOwn] = useState<ConfiguredProps>(defaultValue ?? {});
  const given = value ?? own;
  const [broken, setBroken] = useState<Record<string, string | undefined>>({});
  const [tried, setTried] = useState(false);
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<string>();
  const form = useRef<HTMLFormElement>(null);
  const { props, dynamicPropsId, reloading, error, retry } = useProps(component, given);
  const values = useMemo(() => ({ ...defaults(props), ...given }), [props, given]);
  const wrong = problems(props, values, broken, labels);
  const newest = useRef(given);
  newest.current = given;

  function set(name: string, v: unknown) {
    newest.current = { ...newest.current, [name]: v }; // two fields may be set before the next drawing
    setOwn(newest.current);
    onChange?.(newest.current);
  }

  async function submit(event: FormEvent) {
    event.preventDefault();
    event.stopPropagation(); // not the form's around it
    setTried(true);
    setFailure(undefined);
    if (Object.keys(wrong).length) {
      // Once it is drawn: what is hidden among the optional ones has to be open.
      setTimeout(() => form.current?.querySelector<HTMLElement>("[aria-invalid=true], .pb-field:has(> .pb-error) button")?.focus());
      return;
    }
    setBusy(true);
    try {
      await onSubmit?.({ id: component.key, version: component.version, configuredProps: payload(props, values), dynamicPropsId });
    } catch (e) {
      setFailure(e instanceof Error ? e.message : String(e));
    } finally {
      setBusy(false);
    }
  }

  const context = {
    component, props, values, dynamicPropsId, labels, oauthAppIds, disabled: disabled || busy, set,
    setBroken: (name: string, message: string | undefined) => setBroken((b) => (b[name] === message ? b : { ...b, [name]: message })),
  };
  const visible = props.filter(shown);
  const required = visible.filter((p) => !p.optional), optional = visible.filter((p) => p.optional);
  const field = (p: ConfigurableProp) => {
    const drawn = <Field key={p.name} prop={p} error={tried ? wrong[p.name] : broken[p.name]} />;
    return draw ? <Fragment key={p.name}>{draw(p, drawn)}</Fragment> : drawn;
  };
  const open = optional.some((p) => p.name in given && !empty(p, given[p.name])) || (tried && optional.some((p) => wrong[p.name]));
  return (
    <FormContext.Provider value={context}>
      <form ref={form} className={`pb-form ${className ?? ""}`.trim()} noValidate aria-busy={busy || reloading} onSubmit={submit}>
        {required.map(field)}
        {reloading && <p className="pb-note" role="status">{labels.loading}</p>}
        {error && <p className="pb-error" role="alert">{error} <button type="button" className="pb-link" onClick={retry}>{labels.retry}</button></p>}
        {optional.length > 0 && <Optional open={open} label={`${labels.optional} (${optional.length})`}>{optional.map(field)}</Optional>}
        {failure && <p className="pb-error" role="alert">{failure}</p>}
        {onSubmit && <div className="pb-actions"><button type="submit" className="pb-button" disabled={disabled || busy || reloading}>{submitLabel ?? labels.save}</button></div>}
      </form>
    </FormContext.Provider>
  );
}

/** Opens by itself for what is set or wrong, and stays as the user leaves it. */
function Optional({ open, label, children }: { open: boolean; label: string; children: ReactNode }) {
  const [shown, setShown] = useState(open);
  useEffect(() => { if (open) setShown(true); }, [open]);
  return <details className="pb-optional" open={shown} onToggle={(e) => setShown(e.currentTarget.open)}><summary>{label}</summary>{children}</details>;
}

/** The props there are: a change of one that says so asks the component for another list. */
function useProps(component: Component, given: ConfiguredProps) {
  const { client } = useShared();
  const [dynamic, setDynamic] = useState<{ id: string; configurableProps: ConfigurableProp[] }>();
  const [state, setState] = useState<{ reloading: boolean; error?: string }>({ reloading: false });
  const [again, setAgain] = useState(0);
  const props = dynamic?.configurableProps ?? component.configurableProps;
  const values = { ...defaults(props), ...given };
  const deciding = props.filter((p) => p.reloadProps);
  const key = JSON.stringify(deciding.map((p) => [p.name, values[p.name]]));
  const set = deciding.some((p) => !empty(p, values[p.name]));
  const latest = useRef({ values, props, dynamic });
  latest.current = { values, props, dynamic };
  useEffect(() => {
    if (!set && !latest.current.dynamic) return;
    const stop = new AbortController();
    setState({ reloading: true });
    const timer = setTimeout(() => {
      const now = latest.current;
      client.components.reload({ id: component.key, version: component.version, configuredProps: payload(now.props, now.values), dynamicPropsId: now.dynamic?.id }, { signal: stop.signal }).then(
        (answer) => {
          if (stop.signal.aborted) return;
          if (answer.dynamicProps) setDynamic(answer.dynamicProps);
          setState({ reloading: false, error: complaint(answer) });
        },
        (e: unknown) => {
          if (!stop.signal.aborted) setState({ reloading: false, error: (e as Error).message });
        },
      );
    }, 300); // while the user is typing
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [key, set, again]);
  return { props, dynamicPropsId: dynamic?.id, ...state, retry: () => setAgain((n) => n + 1) };
}
