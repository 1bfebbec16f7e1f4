import type { Rights } from "@/api/members";
import { Badge } from "@/components/ui/badge";

/** A role, and where it is another one or none. */
export function RightsText({ rights: r, names }: { rights: Rights; names: Map<string, string> }) {
  const own = r.projects.map((p) => `${names.get(p.project_id) ?? "a deleted project"}: ${p.role}`);
  return (
    <span>
      <Badge tone={r.role === "owner" ? "accent" : "neutral"}>{r.role}</Badge>
      {!r.all_projects && <span className="block text-[0.8125rem] text-muted">in some projects only</span>}
      {own.length > 0 && (
        <span className="block max-w-56 text-[0.8125rem] text-muted [overflow-wrap:anywhere]" title={own.join("\n")}>
          {own.slice(0, 3).join(", ")}
          {own.length > 3 && `, and ${own.length - 3} more`}
        </span>
      )}
    </span>
  );
}
