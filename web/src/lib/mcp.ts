import type { MCPTool } from "@/api/types";

/** All that a server says of a tool, as text that can be compared line by line; of none there is nothing. */
export function toolText(t: MCPTool | null): string {
  if (!t) return "";
  const hints = ([["reads only", t.read_only], ["destructive", t.destructive], ["may be called twice", t.idempotent], ["reaches beyond the server", t.open_world]] as const).map(([words, yes]) => `${words}: ${yes ? "yes" : "no"}`);
  return [...(t.title ? [t.title] : []), ...(t.description ? t.description.split("\n") : ["(no description)"]), "", ...hints, "", "arguments:", ...JSON.stringify(sorted(t.input_schema), null, 2).split("\n")].join("\n");
}

/** Objects by their keys: in which order a server writes them changes nothing. */
function sorted(v: unknown): unknown {
  if (Array.isArray(v)) return v.map(sorted);
  if (typeof v !== "object" || v === null) return v;
  return Object.fromEntries(Object.entries(v).sort(([a], [b]) => (a < b ? -1 : 1)).map(([k, x]) => [k, sorted(x)]));
}
