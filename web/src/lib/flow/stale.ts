import { find, lanes, visible, walk, type Doc, type Node } from "./tree";

/** A step without what lies in its lanes, to be compared. */
function own(s: Node): string {
  let v: Node = s;
  for (const l of lanes(s)) {
    const [key] = l.path;
    const held = v[String(key)];
    v = { ...v, [String(key)]: Array.isArray(held) && l.path.length > 1 ? (held as Node[]).map((c) => ({ ...c, steps: undefined })) : undefined };
  }
  return written(v);
}

/** A value as text that does not depend on the order of its members. */
const written = (v: unknown): string => JSON.stringify(v, (_, x: unknown) => (typeof x === "object" && x !== null && !Array.isArray(x) ? Object.fromEntries(Object.entries(x).sort(([a], [b]) => (a < b ? -1 : 1))) : x));

/** The steps whose last outcome says no more what they would do: they were changed since, or one that they see was. */
export function stale(doc: Doc, base: Doc): Set<string> {
  const out = new Set<string>();
  for (const { step, path } of walk(doc.steps)) {
    const before = find(base, step.name)?.step;
    if (!before || own(before) !== own(step) || visible(doc, path).some((s) => out.has(s.name))) out.add(step.name);
  }
  return out;
}
