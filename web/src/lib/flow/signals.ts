import type { Kind } from "./kinds";
import type { Node } from "./tree";

/** The kinds of steps that speak with stores, people, other runs and whoever hears of events. */

const op = (...any: string[]) => (s: Node) => any.includes(String(s.op ?? "get"));
const version = { key: "workflow_version", label: "On the version", as: "number", placeholder: "the running one" } as const;

export const signals: Record<string, Kind> = {
  suspend: {
    label: "Wait for a person",
    text: "Waits until somebody opens a link: an approval, or a form that is filled in.",
    group: "Wait",
    words: "suspend approval approve resume human form pause",
    blank: { form: { title: "Approve this?", approve: "Approve", reject: "Reject" } },
    fields: [
      { key: "wait_for", label: "For at most", as: "text", placeholder: "24h", hint: "Such as 90s, 2h or 3d; a day unless said." },
      { key: "on_timeout", label: "When nobody answers", as: "select", options: [{ value: "", label: "the step fails" }, { value: "continue", label: "the run goes on" }, { value: "cancel", label: "the run ends" }] },
      { key: "form", label: "What is asked", as: "form" },
    ],
  },
  call_workflow: {
    label: "Call a workflow",
    text: "Runs another workflow, and waits for what it brings if you like.",
    group: "Do",
    words: "subflow child run sub",
    blank: { workflow: "" },
    retries: true,
    fields: [
      { key: "workflow", label: "Workflow", as: "workflow" },
      { key: "input", label: "Input", as: "json", hint: "It finds it in trigger.body. JSON; text in it may hold expressions." },
      { key: "fire", label: "Do not wait", as: "switch", hint: "The step is done as soon as the other run is queued." },
      { key: "user", label: "For the user", as: "text", placeholder: "the same", hint: "Your own id of the user." },
      version,
    ],
  },
  for_each_user: {
    label: "For each user",
    text: "Runs another workflow once for each of your users.",
    group: "Repeat",
    words: "fan out users broadcast loop everyone",
    blank: { workflow: "" },
    fields: [
      { key: "workflow", label: "Workflow", as: "workflow" },
      { key: "users", label: "For whom", as: "users" },
      { key: "input", label: "Input", as: "json", hint: "Each run finds it in trigger.body. JSON; text in it may hold expressions." },
      { key: "concurrency", label: "At once", as: "number", hint: "How many runs at the same time, up to 100." },
      { key: "limit", label: "At most", as: "number", placeholder: "10000", hint: "Users." },
      { key: "on_item_error", label: "When a run fails", as: "select", options: [{ value: "", label: "the step fails" }, { value: "continue", label: "the others go on" }] },
      { key: "collect", label: "Bring the results", as: "switch", hint: "What each run did, in results." },
      version,
    ],
  },
  state: {
    label: "State",
    text: "Reads, writes or counts what a workflow remembers from run to run.",
    group: "Do",
    words: "store key value database get set increment counter remember memory",
    blank: { op: "get", key: "" },
    fields: [
      {
        key: "op",
        label: "What to do",
        as: "select",
        options: [
          { value: "get", label: "Read a value" },
          { value: "set", label: "Write a value" },
          { value: "increment", label: "Count up or down" },
          { value: "compare_and_set", label: "Write if nobody else has" },
          { value: "delete", label: "Delete a value" },
          { value: "list", label: "List values" },
        ],
      },
      {
        key: "scope",
        label: "In the store of",
        as: "select",
        options: [
          { value: "", label: "this workflow" },
          { value: "user", label: "the user" },
          { value: "instance", label: "the user, in this workflow" },
          { value: "project", label: "the project" },
          { value: "data_store", label: "a name of its own" },
        ],
      },
      { key: "store", label: "Name of the store", as: "text", placeholder: "seen-orders", when: (s) => s.scope === "data_store" },
      { key: "key", label: "Key", as: "text", placeholder: "order:{{ trigger.body.id }}", when: (s) => s.op !== "list" },
      { key: "value", label: "Value", as: "json", hint: "JSON; text in it may hold expressions.", when: op("set", "compare_and_set") },
      { key: "by", label: "By", as: "json", placeholder: "1", hint: "A whole number, or an expression.", when: op("increment") },
      { key: "expected", label: "If it is", as: "json", placeholder: "null", hint: "What has to be there; null: nothing.", when: (s) => op("compare_and_set")(s) && s.if_version === undefined },
      { key: "if_version", label: "If its version is", as: "json", hint: "As it was read; 0: there is none.", when: (s) => op("set", "delete")(s) || (op("compare_and_set")(s) && s.expected === undefined) },
      { key: "ttl", label: "Kept for", as: "text", placeholder: "for ever", hint: "Such as 2h or 30d.", when: op("set", "increment", "compare_and_set") },
      { key: "prefix", label: "Keys that begin with", as: "text", when: op("list") },
      { key: "after", label: "After the key", as: "text", when: op("list") },
      { key: "limit", label: "At most", as: "number", placeholder: "100", hint: "Up to 1,000.", when: op("list") },
      { key: "keys_only", label: "Keys only", as: "switch", hint: "Without the values.", when: op("list") },
    ],
  },
  emit: {
    label: "Send an event",
    text: "Tells your webhook endpoints that something happened.",
    group: "Answer",
    words: "emit webhook notify publish tell",
    blank: { kind: "order.paid", data: {} },
    fields: [
      { key: "kind", label: "Kind", as: "text", placeholder: "order.paid", hint: "Endpoints that take WORKFLOW_EMITTED get it." },
      { key: "data", label: "Data", as: "json", hint: "JSON; text in it may hold expressions." },
    ],
  },
};

const operations: Record<string, string> = { get: "reads", set: "writes", increment: "counts", compare_and_set: "writes", delete: "deletes", list: "lists" };

/** One line that says what such a step does, with the name of the workflow that it runs; undefined for another kind. */
export function signalSummary(s: Node, called = String(s.workflow)): string | undefined {
  switch (s.type) {
    case "suspend":
      return `up to ${typeof s.wait_for === "string" && s.wait_for ? s.wait_for : "24h"}`;
    case "call_workflow":
      return s.workflow ? `${s.fire ? "starts" : "runs"} ${called}` : "choose a workflow";
    case "for_each_user":
      return s.workflow ? `runs ${called}` : "choose a workflow";
    case "state":
      return `${operations[String(s.op)] ?? String(s.op)} ${String((s.op === "list" ? s.prefix : s.key) ?? "")}`.trim();
    case "emit":
      return String(s.kind ?? "");
  }
  return undefined;
}
