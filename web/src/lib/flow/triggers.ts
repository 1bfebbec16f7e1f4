import type { Schemas } from "@/api/types";
import { topOf, type FieldSpec } from "./kinds";
import type { Node } from "./tree";

/** What the editor knows of the types of triggers. */
export interface TriggerKind {
  label: string;
  text: string;
  blank: object;
  fields: FieldSpec[];
  /** A workflow may have more than one. */
  several?: true;
}

/** Those that the API takes. */
export const offeredTriggers: Schemas["WorkflowTrigger"]["type"][] = ["http", "schedule", "app_event", "email"];

const environment: FieldSpec = { key: "environment", label: "Environment", as: "select", options: [{ value: "", label: "Production" }, { value: "development", label: "Development" }], hint: "In which its runs are, unless a call says another." };
const filter: FieldSpec = { key: "filter", label: "Only if", as: "condition", placeholder: '{{ trigger.body.kind == "new" }}', hint: "There is no run of what it is not true of." };

/** What is known twice, and what is many in one. */
const taking: FieldSpec[] = [
  { key: "dedupe.expression", head: "dedupe", label: "Take the same event once, known by", as: "expression", placeholder: "{{ trigger.body.id }}" },
  { key: "dedupe.window_seconds", label: "For so many seconds", as: "number", placeholder: "600", when: (t) => t.dedupe !== undefined },
  { key: "split.path", head: "split", label: "A run for each item of the list at", as: "text", placeholder: "/items", hint: "A JSON pointer into the body." },
  { key: "split.id", label: "Items are known by", as: "text", placeholder: "/id", when: (t) => t.split !== undefined },
  { key: "split.key", label: "Items belong to", as: "text", placeholder: "/customer_id", when: (t) => t.split !== undefined },
];

const kinds: Record<string, TriggerKind> = {
  http: {
    label: "HTTP call",
    text: "A request to the workflow’s own address starts a run.",
    blank: { auth: "oauth" },
    fields: [
      { key: "auth", label: "Who may call", as: "select", options: [{ value: "oauth", label: "Holders of an access token (OAuth)" }, { value: "bearer", label: "Holders of its own bearer token" }, { value: "hmac", label: "Who signs (HMAC), as its address says" }, { value: "none", label: "Whoever knows the address" }] },
      environment,
      filter,
      { key: "allow_ips", label: "From these addresses only", as: "list", placeholder: "192.0.2.0/24", hint: "One a line; none means from anywhere." },
      ...taking,
    ],
  },
  schedule: {
    label: "Schedule",
    text: "Starts a run at times of a clock, or again and again.",
    blank: { cron: "0 9 * * *" },
    several: true,
    fields: [
      { key: "cron", label: "Cron", as: "text", placeholder: "0 9 * * 1-5", hint: "Minute, hour, day, month, day of the week.", when: (t) => !t.every },
      { key: "time_zone", label: "Time zone", as: "text", placeholder: "Europe/Berlin", hint: "UTC unless said.", when: (t) => !t.every },
      { key: "every", label: "Every", as: "text", placeholder: "15m or 1d", hint: "An interval, in the place of cron.", when: (t) => !t.cron },
      { key: "missed", label: "Times that nobody was there for", as: "select", options: [{ value: "", label: "the last of them" }, { value: "skip", label: "are left out" }, { value: "all", label: "all of them, up to 100" }] },
      { key: "overlap", label: "While the run before is under way", as: "select", options: [{ value: "", label: "begin all the same" }, { value: "skip", label: "leave it out" }, { value: "queue", label: "wait for its end" }, { value: "cancel_old", label: "cancel that run" }] },
      { key: "jitter", label: "Put off by up to", as: "text", placeholder: "1m" },
      environment,
      filter,
    ],
  },
  app_event: { label: "App event", text: "Something that an app tells, such as a new contact, starts a run.", blank: { component: "" }, several: true, fields: [environment, filter] },
  email: { label: "E-mail", text: "A letter to the workflow’s own address starts a run.", blank: {}, several: true, fields: [environment, filter] },
};

export const triggerKind = (type: string): TriggerKind => kinds[type] ?? { label: type.replaceAll("_", " "), text: "", blank: {}, fields: [] };

const auths: Record<string, string> = { hmac: "signed calls", none: "open to all", bearer: "bearer token", oauth: "access token" };

/** One line that says when it starts a run. */
export function triggerSummary(t: Node): string {
  if (t.type === "http") return auths[String(t.auth ?? "oauth")] ?? String(t.auth);
  if (t.type === "app_event") return String(t.component || "choose an event");
  if (t.type === "schedule") return t.every ? `every ${String(t.every)}` : `${String(t.cron ?? "…")} ${t.time_zone ? String(t.time_zone) : "UTC"}`;
  return "";
}

/** Fields of a trigger that no form knows: they are shown as they are. */
export const unknownTriggerFields = (t: Node): string[] => Object.keys(t).filter((k) => !["name", "type", "disabled", ...(t.type === "app_event" ? ["component", "version", "props", "account", "external_user_id", "for_each_user"] : [])].includes(k) && !triggerKind(t.type).fields.some((f) => topOf(f) === k));
