import type { Step } from "@/api/types";
import { signals, signalSummary } from "./signals";
import { at, put, type Node } from "./tree";

/** What the editor knows of the types of steps: their words, what a new one has, and the fields to fill in. */

export interface FieldSpec {
  /** A field of the node, or one inside of an object of it, such as queue.order.key. */
  key: string;
  /** The object that has no meaning without this field, and leaves with it. */
  head?: string;
  label: string;
  as: "text" | "lines" | "condition" | "expression" | "json" | "map" | "number" | "select" | "code" | "account" | "workflow" | "switch" | "list" | "form" | "users";
  hint?: string;
  placeholder?: string;
  options?: { value: string; label: string }[];
  /** Shown only when this fits the step. */
  when?: (s: Node) => boolean;
}

export interface Kind {
  label: string;
  /** What it does, for whoever chooses among them. */
  text: string;
  group: "Do" | "Decide" | "Repeat" | "Wait" | "Answer";
  /** More words that somebody may look for. */
  words?: string;
  blank: object;
  fields: FieldSpec[];
  /** Whether it can be tried again. */
  retries?: true;
}

const account: FieldSpec = { key: "account", label: "Account", as: "account" };
const words = (...all: string[]) => all.map((value) => ({ value, label: value }));

export const kinds: Record<string, Kind> = {
  http_request: {
    label: "HTTP request",
    text: "Calls any address, signed with a connected account if you like.",
    group: "Do",
    words: "api call fetch get post url rest",
    blank: { method: "GET", url: "https://" },
    retries: true,
    fields: [
      account,
      { key: "method", label: "Method", as: "select", options: words("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD") },
      { key: "url", label: "URL", as: "text", placeholder: "https://api.example.com/contacts", hint: "With an account it may be a path below the app’s API." },
      { key: "query", label: "Query", as: "map" },
      { key: "headers", label: "Headers", as: "map" },
      { key: "body", label: "Body", as: "json", hint: "JSON; text in it may hold expressions.", when: (s) => !["GET", "HEAD", undefined].includes(s.method as string | undefined) || s.body !== undefined },
      { key: "timeout_seconds", label: "Longest time", as: "number", placeholder: "30", hint: "Seconds that one try may take; up to 300." },
    ],
  },
  action: { label: "Action", text: "Something that an app can do, from the catalogue.", group: "Do", blank: {}, fields: [{ key: "timeout_seconds", label: "Longest time", as: "number", hint: "Seconds that one try may take; up to 300." }], retries: true },
  code: {
    label: "Code",
    text: "A few lines in Node.js, Python, Go or Bash.",
    group: "Do",
    words: "javascript script node python go bash function",
    blank: { language: "node", code: "export default async ({ steps, trigger }) => {\n  return { ok: true };\n};\n" },
    retries: true,
    fields: [
      { key: "language", label: "Language", as: "select", options: [{ value: "node", label: "Node.js" }, { value: "python", label: "Python" }, { value: "go", label: "Go" }, { value: "bash", label: "Bash" }] },
      { key: "code", label: "Code", as: "code", hint: "What it returns is the step’s output." },
      { key: "env", label: "Environment", as: "map", hint: "Values that the code reads from its environment." },
      { key: "timeout_seconds", label: "Longest time", as: "number", hint: "Seconds; up to 300." },
    ],
  },
  filter: {
    label: "Filter",
    text: "Goes on only if something is true; otherwise the run ends well.",
    group: "Decide",
    words: "condition only continue",
    blank: { if: "{{  }}" },
    fields: [
      { key: "if", label: "Go on if", as: "condition", placeholder: "{{ trigger.body.amount > 100 }}" },
      { key: "reason", label: "Otherwise end with the reason", as: "text" },
    ],
  },
  if: {
    label: "If",
    text: "One way if something is true, another way if not.",
    group: "Decide",
    words: "condition branch else",
    blank: { if: "{{  }}", then: [], else: [] },
    fields: [{ key: "if", label: "If", as: "condition", placeholder: "{{ steps.find.body.total > 0 }}" }],
  },
  switch: {
    label: "Switch",
    text: "The first of several ways whose condition is true.",
    group: "Decide",
    words: "case branch router",
    blank: { cases: [{ if: "{{  }}", steps: [] }], default: [] },
    fields: [],
  },
  parallel: {
    label: "Parallel",
    text: "Several ways at the same time; it goes on when all are through.",
    group: "Repeat",
    words: "branch concurrent fork join",
    blank: { branches: [{ name: "left", steps: [] }, { name: "right", steps: [] }] },
    fields: [],
  },
  for_each: {
    label: "For each",
    text: "Does its steps for every item of a list.",
    group: "Repeat",
    words: "loop iterate list items",
    blank: { items: "{{  }}", steps: [] },
    fields: [
      { key: "items", label: "Items", as: "expression", placeholder: "{{ steps.list.body.contacts }}", hint: "A list. The steps inside see item and index." },
      { key: "concurrency", label: "At once", as: "number", hint: "How many items at the same time; 1 unless said." },
      { key: "on_item_error", label: "When an item fails", as: "select", options: [{ value: "", label: "the step fails" }, { value: "continue", label: "the others go on" }] },
    ],
  },
  delay: {
    label: "Delay",
    text: "Waits for a time, from a millisecond to a year. A run that waits costs nothing.",
    group: "Wait",
    words: "sleep pause wait timer",
    blank: { for: "1h" },
    fields: [
      { key: "for", label: "For", as: "text", placeholder: "90s, 2h or 3d", when: (s) => s.until === undefined },
      { key: "until", label: "Until", as: "text", placeholder: "2026-01-31T08:00:00Z", hint: "A time, in the place of how long.", when: (s) => !s.for },
    ],
  },
  respond: {
    label: "Respond",
    text: "What the caller of the workflow is answered.",
    group: "Answer",
    words: "return response http reply",
    blank: { status: 200, body: { ok: true } },
    fields: [
      { key: "status", label: "Status", as: "number" },
      { key: "headers", label: "Headers", as: "map" },
      { key: "body", label: "Body", as: "json", hint: "JSON; text in it may hold expressions." },
    ],
  },
  end: {
    label: "End",
    text: "Ends the run here, well, with a reason.",
    group: "Decide",
    words: "stop exit finish",
    blank: {},
    fields: [{ key: "reason", label: "Reason", as: "text" }],
  },
  ...signals,
};

/** The types that the API takes, in the order in which they are offered. */
export const offered: Step["type"][] = ["action", "http_request", "code", "state", "call_workflow", "if", "switch", "filter", "end", "for_each", "parallel", "for_each_user", "delay", "suspend", "respond", "emit"];

export const kindOf = (type: string): Kind => kinds[type] ?? { label: type.replaceAll("_", " "), text: "", group: "Do", blank: {}, fields: [] };

/** What is no field of a form, because something else of the drawer shows it. */
const elsewhere = new Set(["name", "type", "retry", "on_error", "goto", "fallback", "then", "else", "cases", "default", "branches", "steps"]);

/** The field of the node itself that a spec is about. */
export const topOf = (f: FieldSpec): string => f.key.split(".")[0]!;

/** What a spec is about. */
export const valueOf = (s: object, f: FieldSpec): unknown => at(s, f.key.split("."));

/** What of a node changes with a field: objects that are empty then, or have lost their head, leave. */
export function changeOf(s: object, f: FieldSpec, value: unknown): Record<string, unknown> {
  const path = (value === undefined && f.head ? f.head : f.key).split(".");
  const next = put({ [path[0]!]: at(s, path.slice(0, 1)) } as Record<string, unknown>, path, value);
  return { [path[0]!]: pruned(next[path[0]!]) };
}

function pruned(v: unknown): unknown {
  if (typeof v !== "object" || v === null || Array.isArray(v)) return v;
  const kept = Object.entries(v).map(([k, x]): [string, unknown] => [k, pruned(x)]).filter(([, x]) => x !== undefined);
  return kept.length > 0 ? Object.fromEntries(kept) : undefined;
}

/** Fields that a step has and that no form knows: they are shown as they are. */
export function unknownFields(s: Node): string[] {
  const known = new Set(kindOf(s.type).fields.map(topOf));
  return Object.keys(s).filter((k) => !known.has(k) && !elsewhere.has(k) && !(s.type === "action" && ["component", "version", "props", "account"].includes(k)));
}

/** One line that says what a step does, with the name of the workflow that it runs where that is known. */
export function summary(s: Node, called?: string): string {
  const say = (v: unknown) => (typeof v === "string" ? v : "");
  switch (s.type) {
    case "http_request":
      return `${say(s.method) || "GET"} ${say(s.url)}`;
    case "action":
      return say(s.component) || "choose an action";
    case "code":
      return say(s.code).trim().split("\n")[0] ?? "";
    case "filter":
      return `goes on if ${bare(s.if)}`;
    case "if":
      return bare(s.if);
    case "switch":
      return `${(s.cases as unknown[] | undefined)?.length ?? 0} cases`;
    case "parallel":
      return `${(s.branches as unknown[] | undefined)?.length ?? 0} ways at once`;
    case "for_each":
      return `of ${bare(s.items)}`;
    case "delay":
      return s.until ? `until ${say(s.until)}` : `for ${say(s.for)}`;
    case "end":
      return say(s.reason);
    case "respond":
      return `answers ${typeof s.status === "number" ? s.status : 200}`;
  }
  return signalSummary(s, called) ?? "";
}

/** An expression without its braces, or a dash. */
export function bare(v: unknown): string {
  const inside = /^\s*\{\{([\s\S]*)\}\}\s*$/.exec(typeof v === "string" ? v : "");
  return (inside?.[1] ?? (typeof v === "string" ? v : "")).trim() || "…";
}

/** Whose account a step uses, in words; undefined for none. */
export function accountWords(s: Node): string | undefined {
  const a = s.account as { of?: string; app?: string; id?: string } | undefined;
  if (!a) return undefined;
  return a.of === "user" ? `the user’s ${a.app ?? "account"}` : `project account ${a.id ?? ""}`.trim();
}
