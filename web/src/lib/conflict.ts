/** What a form would write, or what is there, by the names of the API. */
export type Values = Record<string, unknown>;

/** What `unchanged_since` says of what was never changed, or is not there. */
export const never = "0001-01-01T00:00:00Z";

export const equal = (a: unknown, b: unknown) => JSON.stringify(inOrder(a)) === JSON.stringify(inOrder(b));

/** The order of fields says nothing, and neither does whether what is nothing is said. */
function inOrder(v: unknown): unknown {
  if (Array.isArray(v)) return v.map(inOrder);
  if (v === null || v === undefined) return null;
  if (typeof v !== "object") return v;
  return Object.fromEntries(
    Object.entries(v)
      .filter(([, x]) => x !== null && x !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([k, x]) => [k, inOrder(x)]),
  );
}

/** What of it is another than before. */
export function changes<T extends object>(before: T, after: T): Partial<T> {
  return Object.fromEntries(Object.entries(after).filter(([k, v]) => !equal(v, before[k as keyof T]))) as Partial<T>;
}

/**
 * Whether writing `own` over what is there now undoes nothing that somebody else did: they left alone what it
 * writes, or came to the same. `was` is what one began with.
 */
export const harmless = (own: Values, was: Values, now: Values) => Object.keys(own).every((k) => equal(now[k], was[k]) || equal(now[k], own[k]));

/** The fields in which the two differ, with both as text. */
export function differences(own: Values, now: Values): { field: string; mine: string; theirs: string }[] {
  return Object.keys(own)
    .filter((k) => !equal(own[k], now[k]))
    .map((k) => ({ field: words(k), mine: text(own[k]), theirs: text(now[k]) }));
}

const words = (name: string) => (name.slice(0, 1).toUpperCase() + name.slice(1)).replaceAll("_", " ");

function text(v: unknown): string {
  if (v === undefined || v === null || v === "") return "";
  if (typeof v === "string") return v;
  if (typeof v === "boolean") return v ? "yes" : "no";
  if (Array.isArray(v) && v.every((x) => typeof x !== "object")) return v.join("\n");
  return JSON.stringify(v, null, 2);
}
