import type { Schemas } from "@/api/types";

/** Whose a store is, for people. */
export const scopeWords: Partial<Record<Schemas["StoreScope"], string>> = { data_store: "Data store", project: "Project", user: "User", workflow: "Workflow", instance: "Instance", trigger: "Trigger", execution: "Execution" };

/** Bytes as people say them. */
export function size(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  return bytes < 1 << 20 ? `${(bytes / 1024).toFixed(1)} KiB` : `${(bytes / (1 << 20)).toFixed(1)} MiB`;
}
