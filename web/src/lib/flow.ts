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
  const http = d.triggers?.find((t) => t.type === "http");
  return [{ name: "trigger", kind: "trigger", text: `HTTP call, auth: ${http?.auth ?? "oauth"}` }, ...d.steps.map(step)];
}

function step(s: Step): FlowNode {
  switch (s.type) {
    case "http_request":
      return { name: s.name, kind: s.type, text: `${s.method ?? "GET"} ${s.url ?? ""}`.trim(), ...account(s) };
    case "action":
      return { name: s.name, kind: s.type, text: s.component ?? "…", ...account(s) };
    case "code":
      return { name: s.name, kind: s.type, text: `${s.language ?? "code"}: ${(s.code ?? "").trim().split("\n")[0]}` };
    case "delay":
      return { name: s.name, kind: s.type, text: s.until ? `waits until ${s.until}` : `waits for ${s.for ?? "…"}` };
    case "filter":
      return { name: s.name, kind: s.type, text: `goes on if ${s.if ?? "…"}` };
    case "respond":
      return { name: s.name, kind: s.type, text: `answers ${s.status ?? 200}` };
  }
}

function account({ account: a }: Step): Pick<FlowNode, "account"> {
  if (!a) return {};
  return { account: a.of === "user" ? `the user’s ${a.app ?? "account"}` : `project account ${a.id ?? a.app ?? ""}`.trim() };
}

const orders = {
  definition: ["name", "description", "triggers", "steps", "settings"],
  trigger: ["name", "type", "disabled", "auth", "environment"],
  step: ["name", "type", "component", "version", "account", "props", "language", "code", "env", "timeout_seconds", "method", "url", "headers", "query", "body", "if", "reason", "for", "until", "status", "retry", "on_error"],
  account: ["of", "app", "id"],
};

function sorted<T extends object>(o: T, order: string[]): T {
  const rank = (k: string) => (order.includes(k) ? order.indexOf(k) : order.length);
  return Object.fromEntries(Object.entries(o).sort(([a], [b]) => rank(a) - rank(b))) as T;
}

/** The same definition with its members as people write them: JSON as stored forgets their order. */
export function inOrder(d: Definition): Definition {
  const steps = d.steps.map((s) => sorted({ ...s, ...(s.account && { account: sorted(s.account, orders.account) }) }, orders.step));
  const triggers = d.triggers?.map((t) => sorted(t, orders.trigger));
  return sorted({ ...d, ...(triggers && { triggers }), steps }, orders.definition);
}
