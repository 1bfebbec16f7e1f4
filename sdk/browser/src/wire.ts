// Names on the wire are snake_case around things, and what the things hold is
// somebody else's: an action's result, a component's props, a user's settings.

/** Keys whose values are handed on untouched. */
const verbatim = new Set(["configurable_props", "configured_props", "dynamicProps", "options", "context", "exports", "ret", "os", "observations", "error", "credentials"]);

/** Keys in camelCase, ISO times (…_at) as Dates. */
export function camel(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(camel);
  if (value === null || typeof value !== "object") return value;
  const out: Record<string, unknown> = {};
  for (const [key, v] of Object.entries(value)) {
    const name = key[0] === "_" || key[0] === "$" ? key : key.replace(/_([a-z\d])/g, (_, c: string) => c.toUpperCase());
    out[name] = verbatim.has(key) ? v : key.endsWith("_at") && typeof v === "string" ? new Date(v) : camel(v);
  }
  return out;
}

const snake = (name: string) => name.replace(/[A-Z]/g, (c) => "_" + c.toLowerCase());

/** The outer names in snake_case; what they hold stays. Undefined is left out by JSON. */
export const body = (input: object) => Object.fromEntries(Object.entries(input).map(([k, v]) => [snake(k), v]));

/** Lists repeat their key; null and undefined are left out. */
export function query(input: object, name = snake): string {
  const parts: string[] = [];
  for (const [k, v] of Object.entries(input)) {
    for (const one of Array.isArray(v) ? v : [v]) if (one !== undefined && one !== null) parts.push(encodeURIComponent(name(k)) + "=" + encodeURIComponent(String(one)));
  }
  return parts.length ? "?" + parts.join("&") : "";
}

/** Base64 of UTF-8 in the alphabet that paths take as it is. */
export function base64url(text: string): string {
  let bytes = "";
  for (const b of new TextEncoder().encode(text)) bytes += String.fromCharCode(b);
  return btoa(bytes).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}
