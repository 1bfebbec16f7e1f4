import type { Scope } from "@/api/types";

const lastScope = "patchbay.scope";
const theme = "patchbay.theme";

// Storage may be switched off or full; the console works without it.
function read(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function write(key: string, value: string) {
  try {
    localStorage.setItem(key, value);
  } catch {
    /* see above */
  }
}

export function rememberScope(scope: Scope) {
  write(lastScope, `${scope.projectId} ${scope.environment}`);
}

/** Where the member worked last, if that was kept. */
export function rememberedScope(): Scope | null {
  const [projectId, environment] = (read(lastScope) ?? "").split(" ");
  if (!projectId || (environment !== "development" && environment !== "production")) return null;
  return { projectId, environment };
}

export type Theme = "light" | "dark";

export function currentTheme(): Theme {
  return document.documentElement.dataset.theme === "dark" ? "dark" : "light";
}

const themeEvent = "patchbay:theme";

export function setTheme(t: Theme) {
  document.documentElement.dataset.theme = t;
  write(theme, t);
  window.dispatchEvent(new Event(themeEvent));
}

/** Tells of each choice of a theme, wherever on the page it is made. */
export function onTheme(f: () => void): () => void {
  window.addEventListener(themeEvent, f);
  return () => window.removeEventListener(themeEvent, f);
}

/** Whether the member has chosen a theme; if not, the system's choice is followed. */
export function hasChosenTheme(): boolean {
  return read(theme) !== null;
}

const singleKeys = "patchbay.keys";

/** Whether keys of one letter do something; who dictates or has tremor can switch them off. */
export const hasSingleKeys = () => read(singleKeys) !== "off";
export const setSingleKeys = (on: boolean) => write(singleKeys, on ? "on" : "off");
