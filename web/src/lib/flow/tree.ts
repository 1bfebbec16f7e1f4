/** A definition as a tree of steps: where steps are, and how they are changed. Nothing here changes what it is given. */

/** Where something is in a document, such as ["steps", 2, "then", 0]. */
export type Path = readonly (string | number)[];

/** A step as the document has it. Which fields have a meaning depends on the type. */
export interface Node {
  name: string;
  type: string;
  [field: string]: unknown;
}

export interface Doc {
  name: string;
  description?: string;
  triggers?: Node[];
  steps: Node[];
  settings?: Record<string, unknown>;
  [field: string]: unknown;
}

/** One way through a block. */
export interface Lane {
  label: string;
  /** The expression that decides whether it is gone. */
  condition?: string;
  /** Where its list is, from the step on. */
  path: Path;
  steps: Node[];
}

const list = (v: unknown): Node[] => (Array.isArray(v) ? (v as Node[]) : []);
const text = (v: unknown): string | undefined => (typeof v === "string" && v !== "" ? v : undefined);

/** The ways through a step; none for one that is no block. */
export function lanes(s: Node): Lane[] {
  switch (s.type) {
    case "if":
      return [
        { label: "then", path: ["then"], steps: list(s.then) },
        { label: "else", path: ["else"], steps: list(s.else) },
      ];
    case "switch":
      return [
        ...list(s.cases).map((c, i) => ({ label: `case ${i + 1}`, condition: text(c.if), path: ["cases", i, "steps"], steps: list(c.steps) })),
        { label: "otherwise", path: ["default"], steps: list(s.default) },
      ];
    case "parallel":
      return list(s.branches).map((b, i) => ({ label: text(b.name) ?? `branch ${i + 1}`, condition: text(b.if), path: ["branches", i, "steps"], steps: list(b.steps) }));
    case "for_each":
      return [{ label: "for each item", path: ["steps"], steps: list(s.steps) }];
  }
  return [];
}

export const isBlock = (type: string): boolean => ["if", "switch", "parallel", "for_each"].includes(type);

export function at(doc: unknown, path: Path): unknown {
  return path.reduce<unknown>((v, key) => (typeof v === "object" && v !== null ? (v as Record<string | number, unknown>)[key] : undefined), doc);
}

/** The document with another value at a path. Lists that are not there yet are made. */
export function put<T>(doc: T, path: Path, value: unknown): T {
  const [key, ...rest] = path;
  if (key === undefined) return value as T;
  const old = doc ?? (typeof key === "number" ? [] : {});
  const copy = (Array.isArray(old) ? [...old] : { ...old }) as Record<string | number, unknown>;
  copy[key] = put(copy[key], rest, value);
  return copy as T;
}

export const stepAt = (doc: Doc, path: Path): Node | undefined => at(doc, path) as Node | undefined;

export interface Placed {
  step: Node;
  path: Path;
  depth: number;
}

/** Every step of a list and of the lists inside, in the order in which they are drawn. */
export function walk(steps: Node[], base: Path = ["steps"], depth = 0): Placed[] {
  return steps.flatMap((step, i) => {
    const path = [...base, i];
    return [{ step, path, depth }, ...lanes(step).flatMap((l) => walk(l.steps, [...path, ...l.path], depth + 1))];
  });
}

export const find = (doc: Doc, name: string): Placed | undefined => walk(doc.steps).find((p) => p.step.name === name);

export const same = (a: Path | undefined, b: Path | undefined): boolean => a !== undefined && b !== undefined && a.length === b.length && a.every((k, i) => k === b[i]);
export const within = (inner: Path, outer: Path): boolean => outer.every((k, i) => inner[i] === k);

/** The list that a step is in, and its place there. */
export function split(path: Path): { list: Path; index: number } {
  return { list: path.slice(0, -1), index: Number(path.at(-1)) };
}

/** The step that a list belongs to; undefined for the document's own. */
export function around(path: Path): Path | undefined {
  const { list: of } = split(path);
  for (let n = of.length; n > 1; n--) if (typeof of[n - 1] === "number" && ["steps", "then", "else", "default"].includes(String(of[n - 2]))) return of.slice(0, n);
  return undefined;
}

export function insert(doc: Doc, where: Path, index: number, step: Node): Doc {
  const old = list(at(doc, where));
  return put(doc, where, [...old.slice(0, index), step, ...old.slice(index)]);
}

export function remove(doc: Doc, path: Path): Doc {
  const { list: where, index } = split(path);
  return put(doc, where, list(at(doc, where)).filter((_, i) => i !== index));
}

/** Moves a step to a place that is told as it is before. A step cannot move into itself; then nothing changes. */
export function move(doc: Doc, from: Path, to: { list: Path; index: number }): { doc: Doc; path: Path } {
  const step = stepAt(doc, from);
  if (!step || within(to.list, from)) return { doc, path: from };
  const { list: old, index } = split(from);
  let { list: target, index: place } = to;
  if (same(old, target)) {
    if (place > index) place--;
  } else if (within(target, old) && Number(target[old.length]) > index) {
    target = [...old, Number(target[old.length]) - 1, ...target.slice(old.length + 1)];
  }
  return { doc: insert(remove(doc, from), target, place, step), path: [...target, place] };
}

/** Where a step goes by one place up or down: at the end of its list it leaves the block around it. */
export function neighbour(doc: Doc, path: Path, by: -1 | 1): { list: Path; index: number } | undefined {
  const { list: where, index } = split(path);
  const count = list(at(doc, where)).length;
  if (by < 0 && index > 0) return { list: where, index: index - 1 };
  if (by > 0 && index < count - 1) return { list: where, index: index + 2 };
  const block = around(path);
  if (!block) return undefined;
  const outer = split(block);
  return { list: outer.list, index: by < 0 ? outer.index : outer.index + 1 };
}

/** The list with two of its items in each other's place. */
export function swapped<T>(all: T[], a: number, b: number): T[] {
  const next = [...all];
  [next[a], next[b]] = [next[b]!, next[a]!];
  return next;
}

/** A name like the wanted one that no step has. */
export function freeName(wanted: string, taken: Set<string>): string {
  if (!taken.has(wanted)) return wanted;
  const stem = wanted.replace(/_\d+$/, "").slice(0, 58);
  for (let n = 2; ; n++) if (!taken.has(`${stem}_${n}`)) return `${stem}_${n}`;
}

export const names = (doc: Doc): Set<string> => new Set(walk(doc.steps).map((p) => p.step.name));

/** The step once more, below itself; it and all in it have names of their own, and what is inside speaks of the new ones. */
export function duplicate(doc: Doc, path: Path): { doc: Doc; path: Path } {
  const step = stepAt(doc, path);
  if (!step) return { doc, path };
  const taken = names(doc);
  let copy: Node = structuredClone(step);
  for (const { step: inner } of walk([step], [])) {
    const name = freeName(inner.name, taken);
    taken.add(name);
    copy = renamed(copy, inner.name, name);
  }
  const { list: where, index } = split(path);
  return { doc: insert(doc, where, index + 1, copy), path: [...where, index + 1] };
}

/** Gives a step another name, also where expressions and jumps speak of it. */
export function rename(doc: Doc, path: Path, name: string): Doc {
  const old = stepAt(doc, path)?.name;
  if (old === undefined || old === name) return doc;
  // While two steps have one name, nobody knows of which of them the others speak.
  if (old === "" || walk(doc.steps).filter((p) => p.step.name === old).length > 1) return put(doc, [...path, "name"], name);
  return { ...doc, steps: renamed(doc.steps, old, name) };
}

function renamed<T>(value: T, from: string, to: string): T {
  const spoken = new RegExp(`\\bsteps\\.${from}\\b`, "g");
  const go = (v: unknown, key?: string): unknown => {
    if (typeof v === "string") return (key === "name" || key === "goto") && v === from ? to : v.includes("steps.") ? v.replace(spoken, `steps.${to}`) : v;
    if (Array.isArray(v)) return v.map((x) => go(x));
    if (typeof v !== "object" || v === null) return v;
    return Object.fromEntries(Object.entries(v).map(([k, x]) => [k, go(x, k === "name" && !("type" in v) ? undefined : k)]));
  };
  return go(value) as T;
}

/** The steps whose output a step sees: those before it in its own list and in the lists around it, the nearest first. */
export function visible(doc: Doc, path: Path): Node[] {
  const { list: where, index } = split(path);
  const own = list(at(doc, where)).slice(0, index).reverse();
  const block = around(path);
  return block ? [...own, ...visible(doc, block)] : own;
}

/** Whether a step is done for an item of a list. */
export function inLoop(doc: Doc, path: Path): boolean {
  const block = around(path);
  return block !== undefined && (stepAt(doc, block)?.type === "for_each" || inLoop(doc, block));
}

/** Steps that see what a step gives, which may have to be tested again when it has changed. */
export function after(doc: Doc, path: Path): string[] {
  return walk(doc.steps)
    .filter((p) => !same(p.path, path) && (within(p.path, path) || visible(doc, p.path).some((s) => s === stepAt(doc, path))))
    .map((p) => p.step.name);
}

/** The path of a message of the API, such as steps[2].then[0].url. */
export function parsePath(where: string): Path {
  return [...where.matchAll(/([A-Za-z_][\w-]*)|\[(\d+)\]/g)].map((m) => (m[2] === undefined ? m[1]! : Number(m[2])));
}

/** The step that a path leads into, or through: the innermost. */
export function owner(doc: Doc, path: Path): Placed | undefined {
  return walk(doc.steps)
    .filter((p) => within(path, p.path))
    .at(-1);
}
