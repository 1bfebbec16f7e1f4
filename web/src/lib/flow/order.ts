import type { Doc, Node } from "./tree";

const orders = {
  definition: ["name", "description", "triggers", "steps", "settings"],
  trigger: ["name", "type", "disabled", "component", "version", "account", "external_user_id", "for_each_user", "props", "auth", "environment"],
  step: [
    "name", "type", "component", "version", "account", "workflow", "workflow_version", "users", "input", "op", "scope", "store", "key", "value", "kind", "data", "wait_for", "on_timeout", "form", "props", "language", "code", "env", "timeout_seconds", "method", "url", "headers", "query", "items", "concurrency", "on_item_error",
    "if", "reason", "for", "until", "status", "body", "then", "else", "cases", "default", "branches", "steps", "retry", "on_error", "goto", "fallback",
  ],
  account: ["of", "app", "id"],
  branch: ["name", "if", "steps"],
  retry: ["attempts", "delay", "factor", "jitter", "on"],
};

function sorted<T extends object>(o: T, order: string[]): T {
  const rank = (k: string) => (order.includes(k) ? order.indexOf(k) : order.length);
  return Object.fromEntries(Object.entries(o).sort(([a], [b]) => rank(a) - rank(b))) as T;
}

const list = (v: unknown, each: (n: Node) => Node) => (Array.isArray(v) ? v.map(each) : v);

function step(s: Node): Node {
  if (typeof s !== "object" || s === null) return s;
  const out: Node = { ...s };
  for (const key of ["then", "else", "default", "steps"]) if (key in s) out[key] = list(s[key], step);
  for (const key of ["cases", "branches"]) if (key in s) out[key] = list(s[key], (b) => sorted({ ...b, steps: list(b.steps, step) }, orders.branch));
  for (const key of ["account", "retry"] as const) if (typeof s[key] === "object" && s[key] !== null) out[key] = sorted(s[key], orders[key]);
  return sorted(out, orders.step);
}

/** The same definition with its members as people write them: JSON as stored forgets their order. */
export function inOrder(d: Doc): Doc {
  return sorted({ ...d, ...(d.triggers && { triggers: list(d.triggers, (t) => sorted(t, orders.trigger)) as Node[] }), steps: list(d.steps, step) as Node[] }, orders.definition);
}
