import type { Field } from "./contract.ts";

/** What was typed or pasted, without what people bring along from a page: spaces, quotes, a header's name, an address's ends. */
export function clean(field: Field, typed: string): string {
  let v = typed.replace(/[\u200b\u200c\u200d\u2060\ufeff]/g, "").trim();
  const pair = /^(["'`“‘«])(.*)(["'`”’»])$/s.exec(v);
  if (pair) v = pair[2]!.trim();
  if (field.secret) return v.replace(/^(?:authorization:\s*)?bearer\s+/i, "").replace(/\s*[\r\n]+\s*/g, field.pattern ? "" : "\n");
  for (const part of field.strip) {
    if (v.toLowerCase().startsWith(part.toLowerCase())) v = v.slice(part.length);
    if (part && v.toLowerCase().endsWith(part.toLowerCase())) v = v.slice(0, -part.length);
  }
  if (fits(field, v)) return v;
  // A whole address where only a part of it is wanted.
  const bare = v.replace(/^[a-z][a-z0-9+.-]*:\/\//i, "").replace(/[/?#].*$/s, "").replace(/\.$/, "");
  for (const part of [bare, bare.toLowerCase(), bare.split(".")[0]!, bare.split(".")[0]!.toLowerCase()]) if (fits(field, part) && field.pattern) return part;
  return v;
}

/** Whether a value is a whole match of the field's form. */
export function fits(field: Field, value: string): boolean {
  if (value === "") return field.optional;
  if (!field.pattern) return true;
  try {
    return new RegExp(`^(?:${field.pattern})$`, "u").test(value);
  } catch {
    return true; // a form that this browser cannot read is the server's to check
  }
}
