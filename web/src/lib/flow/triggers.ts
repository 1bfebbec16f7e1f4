import type { Schemas } from "@/api/types";
import type { FieldSpec } from "./kinds";
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
export const offeredTriggers: Schemas["WorkflowTrigger"]["type"][] = ["http"];

const environment: FieldSpec = { key: "environment", label: "Environment", as: "select", options: [{ value: "", label: "Production" }, { value: "development", label: "Development" }], hint: "For calls that do not say." };

const kinds: Record<string, TriggerKind> = {
  http: {
    label: "HTTP call",
    text: "A request to the workflow’s own address starts a run.",
    blank: { auth: "oauth" },
    fields: [
      { key: "auth", label: "Who may call", as: "select", options: [{ value: "oauth", label: "Holders of an access token (OAuth)" }, { value: "bearer", label: "Holders of its own bearer token" }, { value: "none", label: "Whoever knows the address" }] },
      environment,
    ],
  },
};

export const triggerKind = (type: string): TriggerKind => kinds[type] ?? { label: type.replaceAll("_", " "), text: "", blank: {}, fields: [] };

const auths: Record<string, string> = { none: "open to all", bearer: "bearer token", oauth: "access token" };

/** One line that says when it starts a run. */
export function triggerSummary(t: Node): string {
  if (t.type === "http") return auths[String(t.auth ?? "oauth")] ?? String(t.auth);
  return "";
}
