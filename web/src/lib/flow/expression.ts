/** Completion of expressions in {{ }}: what is there to be named, with the values of the last run. */

export interface Suggestion {
  /** What is shown, and searched for. */
  label: string;
  /** What replaces the word at the cursor. */
  insert: string;
  /** What it is now, in a few letters. */
  detail: string;
  /** Whether there is more inside, so that one goes on. */
  deeper: boolean;
}

/** Something that an expression calls: with one of the arguments, or with what is written. */
export class Call {
  constructor(
    readonly detail: string,
    readonly args: string[] = [],
  ) {}
}

/** What expressions of one place can see, by name. A step without a value yet is undefined. */
export type Context = Record<string, unknown>;

/** Where the expression begins that the cursor is in; undefined outside of braces. */
export function holeAt(text: string, caret: number): number | undefined {
  const open = text.lastIndexOf("{{", caret - 1);
  if (open < 0 || open + 2 > caret) return undefined;
  const inside = text.slice(open + 2, caret);
  // Braces within a text in quotes are its own.
  return inside.replace(/"(\\.|[^"\\])*"|'(\\.|[^'\\])*'/g, "").includes("}}") ? undefined : open + 2;
}

const word = /(?:[A-Za-z_]\w*|\])?(?:(?:\??\.)?[A-Za-z_]\w*|\??\.|\[(?:"[^"\]]*"?|'[^'\]]*'?|\d*)\]?)*$/;

/** The path that ends at the cursor, such as steps.find.bo. */
export function wordAt(text: string, caret: number): { from: number; word: string } | undefined {
  const hole = holeAt(text, caret);
  if (hole === undefined) return undefined;
  const before = text.slice(hole, caret);
  // Inside of quotes that are no index, a text is written and nothing is named.
  const bare = before.replace(/\[\s*("[^"]*"?|'[^']*'?)/g, "[");
  if (((bare.match(/"/g)?.length ?? 0) | (bare.match(/'/g)?.length ?? 0)) % 2 === 1) return undefined;
  const found = word.exec(before)?.[0] ?? "";
  return { from: caret - found.length, word: found };
}

/** A path in its parts, the last of which is still being written. */
function parts(path: string): { base: (string | number)[]; stem: string; last: string } {
  const cut = path.search(/(?:\??\.|\[)["']?[^.[\]"']*$/);
  if (cut < 0) return { base: [], stem: "", last: path };
  const stem = path.slice(0, cut);
  const base = [...stem.matchAll(/([A-Za-z_]\w*)|\[(\d+)\]|\["([^"]*)"\]|\['([^']*)'\]/g)].map((m) => (m[2] !== undefined ? Number(m[2]) : (m[1] ?? m[3] ?? m[4] ?? "")));
  return { base, stem, last: path.slice(cut).replace(/^(\??\.|\[)["']?/, "") };
}

const identifier = /^[A-Za-z_]\w*$/;

/** A value in a few letters. */
export function brief(v: unknown): string {
  if (v instanceof Call) return v.detail;
  if (v === undefined) return "no value yet";
  if (Array.isArray(v)) return v.length === 1 ? "1 item" : `${v.length} items`;
  if (typeof v === "object" && v !== null) return `{ ${Object.keys(v).slice(0, 4).join(", ")}${Object.keys(v).length > 4 ? ", …" : ""} }`;
  const text = JSON.stringify(v);
  return text.length > 44 ? `${text.slice(0, 43)}…` : text;
}

const deeper = (v: unknown): boolean => typeof v === "object" && v !== null && (Array.isArray(v) ? v.length > 0 : Object.keys(v).length > 0);

/** What fits the path that ends at the cursor, best first; at most forty. */
export function suggest(path: string, context: Context): Suggestion[] {
  const { base, stem, last } = parts(path);
  const value = base.reduce<unknown>((v, key) => (typeof v === "object" && v !== null ? (v as Record<string | number, unknown>)[key] : undefined), context);
  if (typeof value !== "object" || value === null) return [];
  const wanted = last.toLowerCase();
  const rank = (key: string) => (key.toLowerCase().startsWith(wanted) ? 0 : key.toLowerCase().includes(wanted) ? 1 : 2);
  const members = (Array.isArray(value) ? value.slice(0, 5).map((v, i): [string, unknown] => [String(i), v]) : Object.entries(value))
    .filter(([key]) => rank(key) < 2)
    .sort(([a], [b]) => rank(a) - rank(b))
    .flatMap(([key, v]): Suggestion[] => {
      const insert = Array.isArray(value) ? `${stem}[${key}]` : identifier.test(key) ? (stem ? `${stem}.${key}` : key) : `${stem}[${JSON.stringify(key)}]`;
      if (v instanceof Call) return v.args.length > 0 ? v.args.map((arg) => ({ label: `${key}("${arg}")`, insert: `${insert}("${arg}")`, detail: v.detail, deeper: false })) : [{ label: `${key}()`, insert: `${insert}("`, detail: v.detail, deeper: false }];
      return [{ label: Array.isArray(value) ? `[${key}]` : key, insert, detail: brief(v), deeper: deeper(v) }];
    });
  const called = stem || !last ? [] : functions.filter(([name]) => name.toLowerCase().startsWith(wanted)).map(([name, detail]): Suggestion => ({ label: `${name}()`, insert: `${name}(`, detail, deeper: false }));
  return [...members, ...called].slice(0, 40);
}

const functions: [string, string][] = [
  ["len", "how many letters or items"],
  ["upper", "in capitals"],
  ["lower", "in small letters"],
  ["trim", "without spaces around"],
  ["split", "a text as a list"],
  ["join", "a list as a text"],
  ["replace", "another text in its place"],
  ["filter", "items that fit: filter(list, .ok)"],
  ["map", "of each item: map(list, .id)"],
  ["first", "the first item"],
  ["last", "the last item"],
  ["sum", "of a list of numbers"],
  ["now", "the time"],
  ["date", "a text as a time"],
  ["int", "as a whole number"],
  ["float", "as a number"],
  ["string", "as a text"],
  ["toJSON", "as JSON"],
  ["fromJSON", "JSON as a value"],
];

/** The text with a suggestion in the place of the word at the cursor, and where the cursor is then. */
export function accept(text: string, caret: number, s: Suggestion): { text: string; caret: number } {
  const at = wordAt(text, caret);
  if (!at) return { text, caret };
  const before = text.slice(0, at.from) + s.insert;
  const rest = text.slice(caret);
  const closed = /^[^{]*}}/.test(rest) ? "" : " }}";
  return { text: before + closed + rest, caret: before.length };
}

export const hasHole = (text: unknown): boolean => typeof text === "string" && text.includes("{{");
