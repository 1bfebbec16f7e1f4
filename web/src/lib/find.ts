import type { Scope } from "@/api/types";
import { paths, type Place } from "@/paths";

/** How well text answers to what was typed: 0 is not at all. Whole beginnings count most, then words, then letters in their order. */
export function score(text: string, typed: string): number {
  const t = text.toLowerCase();
  const q = typed.trim().toLowerCase();
  if (q === "") return 1;
  if (t === q) return 100;
  if (t.startsWith(q)) return 80;
  if (t.split(/[\s_./@-]+/).some((w) => w.startsWith(q))) return 60;
  if (t.includes(q)) return 40;
  if (q.includes(" ")) {
    const each = q.split(/\s+/).map((w) => score(text, w));
    return each.every((n) => n >= 40) ? 30 : 0;
  }
  // Letters in their order, close together: "depl trig" is two words, "dlv" is deliveries.
  let at = -1;
  for (const c of q) {
    const next = t.indexOf(c, at + 1);
    if (next < 0) return 0;
    at = next;
  }
  return t[0] === q[0] && at < q.length * 3 ? 10 : 0;
}

/** The best first; what does not answer is left out. Equal ones keep their order. */
export function ranked<T>(all: T[], typed: string, text: (t: T) => string): T[] {
  return all
    .map((t, i) => ({ t, i, n: score(text(t), typed) }))
    .filter((r) => r.n > 0)
    .sort((a, b) => b.n - a.n || a.i - b.i)
    .map((r) => r.t);
}

/** What ids begin with, and the page of what they name. */
const kinds: Record<string, [what: string, place: (s: Scope, id: string) => Place]> = {
  apn: ["account", paths.account],
  run: ["run", paths.run],
  p: ["workflow", paths.workflow],
  arun: ["action run", paths.actionRun],
  dlv: ["delivery", paths.delivery],
  preq: ["request", paths.request],
  cs: ["connect session", paths.session],
  whk: ["endpoint", paths.endpoint],
};

/** The page of an id, if it is one of a thing that has a page. */
export function byId(scope: Scope, typed: string): { what: string; place: Place } | null {
  const id = typed.trim();
  const kind = /^([a-z]+)_[0-9a-z]{26}$/.exec(id)?.[1];
  const known = kind !== undefined && Object.hasOwn(kinds, kind) ? kinds[kind] : undefined;
  return known ? { what: known[0], place: known[1](scope, id) } : null;
}

/** The address in the other environment: the same kind of page; what is in one environment only is left for its list. */
export function inEnvironment(path: string): string {
  const [section, ...rest] = path.split("/").slice(4);
  const kept = section === "workflows" ? [section, ...rest] : [section];
  return ["/projects/$projectId/$environment", ...kept].filter(Boolean).join("/");
}
