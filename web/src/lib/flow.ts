import type { Definition, Step } from "@/api/types";

export interface FlowNode {
  name: string;
  kind: "trigger" | Step["type"];
  /** One line that says what it does. */
  text: string;
  /** Whose credential it uses, if any. */
  account?: string;
}

/** What the picture of a definition shows, from the trigger down. */
export function flow(d: Definition): FlowNode[] {
  return [{ name: "trigger", kind: "trigger", text: `HTTP call, auth: ${d.trigger.auth ?? "oauth"}` }, ...d.steps.map(step)];
}

function step(s: Step): FlowNode {
  switch (s.type) {
    case "http_request": {
      const account = s.account && (s.account.of === "user" ? `the user’s ${s.account.app ?? "account"}` : `project account ${s.account.id ?? s.account.app ?? ""}`.trim());
      return { name: s.name, kind: s.type, text: `${s.method ?? "GET"} ${s.url ?? ""}`.trim(), ...(account && { account }) };
    }
    case "filter":
      return { name: s.name, kind: s.type, text: `goes on if ${s.if ?? "…"}` };
    case "respond":
      return { name: s.name, kind: s.type, text: `answers ${s.status ?? 200}` };
  }
}

const orders = {
  definition: ["name", "trigger", "steps"],
  trigger: ["type", "auth", "environment"],
  step: ["name", "type", "account", "method", "url", "headers", "query", "body", "if", "reason", "status"],
  account: ["of", "app", "id"],
};

function sorted<T extends object>(o: T, order: string[]): T {
  const rank = (k: string) => (order.includes(k) ? order.indexOf(k) : order.length);
  return Object.fromEntries(Object.entries(o).sort(([a], [b]) => rank(a) - rank(b))) as T;
}

/** The same definition with its members as people write them: JSON as stored forgets their order. */
export function inOrder(d: Definition): Definition {
  const steps = d.steps.map((s) => sorted({ ...s, ...(s.account && { account: sorted(s.account, orders.account) }) }, orders.step));
  return sorted({ ...d, trigger: sorted(d.trigger, orders.trigger), steps }, orders.definition);
}
