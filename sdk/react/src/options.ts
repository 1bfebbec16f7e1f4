import type { ConfigurableProp, ConfiguredOptions } from "@patchbay/browser";
import { useEffect, useRef, useState } from "react";
import { useForm } from "./context.js";
import { choices, complaint, empty, payload, same, type Choice } from "./model.js";
import { usePatchbay } from "./provider.js";

export interface Options {
  options: Choice[];
  loading: boolean;
  error: string | undefined;
  /** There may be another page. */
  more: boolean;
  loadMore: () => void;
  retry: () => void;
}

interface State {
  options: Choice[];
  page: number;
  context?: Record<string, unknown>;
  loading: boolean;
  error?: string;
  more: boolean;
}

const fresh: State = { options: [], page: 0, loading: false, more: false };

export const remote = (p: ConfigurableProp): boolean => !!p.remoteOptions || p.type.startsWith("$.airtable.") || p.type.startsWith("$.discord.");

/** The props without which the options of a prop cannot be known: accounts, and what it names itself. */
export function waitsFor(p: ConfigurableProp, props: ConfigurableProp[]): string[] {
  const named = [(p as { appProp?: string }).appProp, (p as { baseIdProp?: string }).baseIdProp, (p as { tableIdProp?: string }).tableIdProp];
  return [...props.filter((o) => o.type === "app" && !o.optional).map((o) => o.name), ...named.filter((n) => n !== undefined)];
}

/** Options that the component offers, loaded once its list is open and again when what they depend on has changed. */
export function useOptions(prop: ConfigurableProp, open: boolean, query: string): Options {
  const form = useForm(), client = usePatchbay();
  const [state, setState] = useState(fresh);
  const [again, setAgain] = useState(0);
  const stop = useRef<AbortController>(undefined);
  const configuredProps = payload(form.props, { ...form.values, [prop.name]: undefined });
  const asked = prop.useQuery ? query : "";
  const ready = remote(prop) && waitsFor(prop, form.props).every((name) => form.props.every((o) => o.name !== name || !empty(o, form.values[name])));
  const key = JSON.stringify([form.component.key, configuredProps, form.dynamicPropsId, asked, again]);
  const loaded = useRef("");

  function load(page: number, before: State) {
    stop.current?.abort();
    const { signal } = (stop.current = new AbortController());
    setState({ ...before, loading: true, error: undefined });
    client.components
      .configure({ id: form.component.key, version: form.component.version, propName: prop.name, configuredProps, dynamicPropsId: form.dynamicPropsId, page, prevContext: before.context, query: asked || undefined }, { signal })
      .then(
        (answer: ConfiguredOptions) => {
          if (signal.aborted) return;
          const got = choices(answer.options?.length ? answer.options : answer.stringOptions);
          const added = got.filter((o) => !before.options.some((had) => same(had.value, o.value)));
          // A component that knows no pages gives the same again: then that is all.
          setState({ options: [...before.options, ...added], page, context: answer.context ?? undefined, loading: false, error: got.length ? undefined : complaint(answer), more: added.length > 0 });
        },
        (error: unknown) => {
          if (signal.aborted) return;
          loaded.current = "";
          setState({ ...before, loading: false, error: (error as Error).message });
        },
      );
  }

  useEffect(() => {
    if (!open || !ready || loaded.current === key) return;
    const timer = setTimeout(() => {
      loaded.current = key;
      load(0, fresh);
    }, asked ? 300 : 0); // while the user is typing
    return () => clearTimeout(timer);
  }, [open, ready, key]);
  useEffect(() => () => stop.current?.abort(), []);

  return {
    options: state.options, loading: state.loading, error: state.error, more: state.more,
    loadMore: () => { if (!state.loading) load(state.page + 1, state); },
    retry: () => setAgain((n) => n + 1),
  };
}
