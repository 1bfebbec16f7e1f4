import { useState } from "react";
import type { Component, Scope } from "@/api/types";

/** What was filled in, by prop. */
export type Values = Record<string, unknown>;

const key = (scope: Scope, component: string) => `patchbay.draft ${scope.projectId} ${scope.environment} ${component}`;

/** What was filled in before the page was loaded again, in this tab. */
export function readDraft(scope: Scope, component: string): Values {
  try {
    const kept: unknown = JSON.parse(sessionStorage.getItem(key(scope, component)) ?? "{}");
    return typeof kept === "object" && kept !== null && !Array.isArray(kept) ? (kept as Values) : {};
  } catch {
    return {};
  }
}

/** Keeps what was filled in for as long as the tab is open; secrets are left out, and accounts, because they are a user's. */
export function keepDraft(scope: Scope, component: Component, values: Values) {
  const open = component.configurable_props.filter((p) => p.secret !== true && p.type !== "app" && p.type !== "http_request").map((p) => p.name);
  try {
    sessionStorage.setItem(key(scope, component.key), JSON.stringify(Object.fromEntries(open.flatMap((name) => (name in values ? [[name, values[name]]] : [])))));
  } catch {
    /* Storage may be switched off or full; the form works without it. */
  }
}

/** What is filled in for a component, and how to change it. It outlives a reload of the page. */
export function useDraft(scope: Scope, component: Component): [Values, (values: Values) => void] {
  const [values, setValues] = useState(() => readDraft(scope, component.key));
  const change = (v: Values) => {
    setValues(v);
    keepDraft(scope, component, v);
  };
  return [values, change];
}
