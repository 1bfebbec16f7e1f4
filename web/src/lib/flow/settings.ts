import type { FieldSpec } from "./kinds";
import type { Node } from "./tree";

const has = (...path: string[]) => (s: Node) => path.reduce<unknown>((v, key) => (v as Record<string, unknown> | undefined)?.[key], s) !== undefined;

export interface Group {
  title: string;
  /** What holds unless something is said. */
  unless: string;
  fields: FieldSpec[];
}

/** What holds for a workflow as a whole, in groups. */
export const settingGroups: Group[] = [
  {
    title: "How many at once",
    unless: "as many as come",
    fields: [
      { key: "queue.concurrency.limit", head: "queue.concurrency", label: "Runs under way at once", as: "number", placeholder: "any number", hint: "Those that wait or are tried again included. Each environment counts its own." },
      { key: "queue.concurrency.per", label: "Counted", as: "select", options: [{ value: "", label: "together" }, { value: "user", label: "for each user" }, { value: "key", label: "for each key" }], when: has("queue", "concurrency") },
      { key: "queue.concurrency.key", label: "Key", as: "expression", placeholder: "{{ trigger.body.shop }}", when: (s) => (s.queue as { concurrency?: { per?: string } } | undefined)?.concurrency?.per === "key" },
      { key: "queue.throttle.limit", head: "queue.throttle", label: "Runs that begin", as: "number", placeholder: "any number" },
      { key: "queue.throttle.window", label: "Within", as: "text", placeholder: "1m", when: has("queue", "throttle") },
      { key: "queue.max_queued", label: "Runs that may wait", as: "number", placeholder: "as many as the disk holds", hint: "More are refused with 429." },
    ],
  },
  {
    title: "In which order",
    unless: "as they come, side by side",
    fields: [
      { key: "queue.order.key", head: "queue.order", label: "One after the other, by the key", as: "expression", placeholder: "{{ trigger.body.order_id }}", hint: "Runs with one key never overtake each other." },
      { key: "queue.order.on_failure", label: "Behind one that failed for good", as: "select", options: [{ value: "", label: "the others go on" }, { value: "block", label: "they wait until it is done or released" }], when: has("queue", "order") },
    ],
  },
  {
    title: "When a run has failed",
    unless: "it is tried again for ten hours",
    fields: [
      { key: "retry.attempts", label: "Further tries", as: "number", placeholder: "8", hint: "From the step that failed; 0: none." },
      { key: "retry.delay", label: "Before the first", as: "text", placeholder: "140s" },
      { key: "retry.factor", label: "Each wait longer by", as: "number", placeholder: "2" },
      { key: "retry.notify_first", label: "Tell people of the first failure", as: "switch", hint: "And not only when it is not tried again." },
      { key: "supersede", label: "A newer event ends the tries of an older one, by", as: "expression", placeholder: "{{ trigger.body.order_id }}" },
      { key: "pause_after", label: "Pause after so many failures in a row", as: "number", hint: "What comes then waits until somebody goes on with it. 0: never." },
      { key: "error_workflow", label: "The workflow that is told", as: "workflow" },
    ],
  },
  {
    title: "What is kept",
    unless: "everything",
    fields: [{ key: "store", label: "Payloads of runs that are over", as: "select", options: [{ value: "", label: "are kept" }, { value: "errors", label: "are kept of those that failed" }, { value: "none", label: "are not kept" }] }],
  },
];
