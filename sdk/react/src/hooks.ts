import type { Account, App, CallOptions, Component, Connection, ListAccounts, ListApps, OpenOptions, Page } from "@patchbay/browser";
import { useCallback, useEffect, useRef, useState } from "react";
import { useShared } from "./provider.js";

export interface Loaded {
  /** The first answer, or one to another question, is under way. */
  loading: boolean;
  error: Error | undefined;
  /** Asks again. */
  reload: () => void;
}

export interface LoadedList extends Loaded {
  hasMore: boolean;
  loadMore: () => void;
}

/** Loads by a key, drops what is late, and keeps what it has while it asks again. */
function useLoad<T>(key: string | undefined, load: (options: CallOptions) => Promise<T>) {
  const [state, setState] = useState<{ key?: string; data?: T; error?: Error; loading: boolean }>({ loading: key !== undefined });
  const [again, setAgain] = useState(0);
  const latest = useRef(load);
  latest.current = load;
  useEffect(() => {
    if (key === undefined) return setState({ loading: false });
    const stop = new AbortController();
    const unless = (next: (s: { data?: T }) => { data?: T; error?: Error }) => {
      if (!stop.signal.aborted) setState((s) => ({ key, loading: false, ...next(s) }));
    };
    setState((s) => ({ ...s, loading: true }));
    latest.current({ signal: stop.signal }).then(
      (data) => unless(() => ({ data })),
      (error: unknown) => unless((s) => ({ data: s.data, error: error as Error })),
    );
    return () => stop.abort();
  }, [key, again]);
  const set = useCallback((data: T) => setState((s) => ({ ...s, data, loading: false, error: undefined })), []);
  const fail = useCallback((error: Error) => setState((s) => ({ ...s, error, loading: false })), []);
  return { ...state, reload: useCallback(() => setAgain((n) => n + 1), []), set, fail };
}

/** A list, page by page. */
function useList<T>(key: string | undefined, first: (options: CallOptions) => Promise<Page<T>>): LoadedList & { items: T[]; } {
  const { data, loading, error, reload, set, fail } = useLoad(key, async (options) => {
    const page = await first(options);
    return { items: page.data, page };
  });
  const asked = useRef<unknown>(undefined); // each page is asked for its next one once
  const current = useRef(data);
  current.current = data;
  const loadMore = useCallback(() => {
    const from = current.current;
    if (!from || asked.current === from) return;
    asked.current = from;
    from.page.getNextPage().then(
      (page) => {
        // Another question may have been asked meanwhile.
        if (page && current.current === from) set({ items: [...from.items, ...page.data], page });
      },
      (e: unknown) => {
        asked.current = undefined;
        fail(e as Error);
      },
    );
  }, [set, fail]);
  return { items: data?.items ?? [], loading, error, reload, hasMore: !!data?.page.hasNextPage(), loadMore };
}

export interface UseAccounts extends LoadedList {
  accounts: Account[];
  /** Deletes an account, and with it what it may do at the app. */
  remove: (id: string) => Promise<void>;
}

/** What the user has connected. Loads again by itself when something is connected below the same provider. */
export function useAccounts(query: ListAccounts & { enabled?: boolean } = {}): UseAccounts {
  const { client, version, changed } = useShared();
  const { enabled = true, ...rest } = query;
  const { items, ...list } = useList(enabled ? JSON.stringify([rest, version]) : undefined, (options) => client.accounts.list(rest, options));
  const remove = useCallback(
    async (id: string) => {
      await client.accounts.delete(id);
      changed();
    },
    [client, changed],
  );
  return { accounts: items, remove, ...list };
}

/** Apps that can be connected. */
export function useApps(query: ListApps = {}): LoadedList & { apps: App[] } {
  const { client } = useShared();
  const { items, ...list } = useList(JSON.stringify(query), (options) => client.apps.list(query, options));
  return { apps: items, ...list };
}

/** A component by its key. */
export function useComponent(key: string | undefined, version?: string): Loaded & { component: Component | undefined } {
  const { client } = useShared();
  const { data, loading, error, reload } = useLoad(key && JSON.stringify([key, version]), (options) => client.components.get(key!, { version }, options));
  return { component: data, loading, error, reload };
}

export interface UseConnect {
  /** Opens the hosted page; a popup only within a click. */
  connect: (more?: OpenOptions) => Connection;
  /** Ends what is open. */
  close: () => void;
  connecting: boolean;
  /** What was connected last. */
  account: { id: string } | undefined;
  error: Error | undefined;
}

/** Connects accounts. What is open ends with the component. */
export function useConnect(options: OpenOptions = {}): UseConnect {
  const { client, changed } = useShared();
  const [state, setState] = useState<{ connecting: boolean; account?: { id: string }; error?: Error }>({ connecting: false });
  const latest = useRef(options);
  latest.current = options;
  const current = useRef<Connection>(undefined);
  const close = useCallback(() => current.current?.close(), []);
  useEffect(() => close, [close]);
  const connect = useCallback(
    (more: OpenOptions = {}) => {
      const connection = client.open({ ...latest.current, ...more });
      current.current = connection;
      setState({ connecting: true });
      connection.addEventListener("success", ({ detail }) => {
        setState({ connecting: true, account: detail });
        changed();
      });
      connection.addEventListener("error", ({ detail }) => setState((s) => ({ ...s, error: detail })));
      connection.addEventListener("close", () => {
        if (current.current === connection) setState((s) => ({ ...s, connecting: false }));
      });
      return connection;
    },
    [client, changed],
  );
  return { connect, close, connecting: state.connecting, account: state.account, error: state.error };
}
