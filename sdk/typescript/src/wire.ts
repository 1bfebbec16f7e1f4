import { times, verbatim } from "./gen/names.js";

// Names on the wire are snake_case around things, and what the things hold is somebody else's.
const iso = /^\d{4}-\d\d-\d\dT/;

/** Keys in camelCase, times as Dates. */
export function camel(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(camel);
  if (value === null || typeof value !== "object") return value;
  const out: Record<string, unknown> = {};
  for (const [key, v] of Object.entries(value)) {
    const name = /^[_$]/.test(key) ? key : key.replace(/_([a-z\d])/g, (_, c: string) => c.toUpperCase());
    out[name] = verbatim.has(key) ? v : times.has(key) && typeof v === "string" && iso.test(v) ? new Date(v) : camel(v);
  }
  return out;
}

/** Keys in snake_case; times become text in JSON by themselves. */
export function snake(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(snake);
  if (value === null || typeof value !== "object" || value instanceof Date) return value;
  const out: Record<string, unknown> = {};
  for (const [key, v] of Object.entries(value)) {
    const name = key.replace(/[A-Z]/g, (c) => "_" + c.toLowerCase());
    out[name] = verbatim.has(name) ? v : snake(v);
  }
  return out;
}

/** Lists repeat their key; null and undefined are left out. */
export function query(input: object): string {
  const parts: string[] = [];
  for (const [k, v] of Object.entries(input)) {
    for (const one of Array.isArray(v) ? v : [v]) {
      if (one !== undefined && one !== null) parts.push(encodeURIComponent(k) + "=" + encodeURIComponent(one instanceof Date ? one.toISOString() : String(one)));
    }
  }
  return parts.length ? "?" + parts.join("&") : "";
}

/** Base64 of UTF-8 in the alphabet that paths take as it is. */
export function base64url(text: string): string {
  let bytes = "";
  for (const b of new TextEncoder().encode(text)) bytes += String.fromCharCode(b);
  return btoa(bytes).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}
