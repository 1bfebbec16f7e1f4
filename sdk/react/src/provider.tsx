import type { FrontendClient } from "@patchbay/browser";
import { createContext, useCallback, useContext, useMemo, useState, type ReactNode } from "react";
import { english, type Labels } from "./labels.js";

interface Shared {
  client: FrontendClient;
  labels: Labels;
  /** Grows with each change of the user's accounts. */
  version: number;
  changed: () => void;
}

const Context = createContext<Shared | null>(null);

export interface PatchbayProviderProps {
  /** Made once, outside of components or in useMemo. */
  client: FrontendClient;
  /** Words of your own, for instance in another language. */
  labels?: Partial<Labels>;
  children?: ReactNode;
}

/** Gives the client to all that is below. */
export function PatchbayProvider({ client, labels, children }: PatchbayProviderProps) {
  const [version, setVersion] = useState(0);
  const changed = useCallback(() => setVersion((n) => n + 1), []);
  const shared = useMemo(() => ({ client, labels: { ...english, ...labels }, version, changed }), [client, labels, version, changed]);
  return <Context.Provider value={shared}>{children}</Context.Provider>;
}

export function useShared(): Shared {
  const shared = useContext(Context);
  if (!shared) throw new Error("This is used outside of <PatchbayProvider>.");
  return shared;
}

/** The client of the provider. */
export const usePatchbay = (): FrontendClient => useShared().client;
