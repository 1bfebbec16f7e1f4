import { ScrollText } from "lucide-react";
import { useCallback } from "react";
import { api, data } from "@/api/client";
import type { AuditEntry } from "@/api/types";
import { Id } from "@/components/Copy";
import { Empty, NoMatch } from "@/components/Empty";
import { Filters, TextFilter } from "@/components/Filters";
import { ListTable, type Column } from "@/components/ListTable";
import { PageHead } from "@/components/PageHead";
import { Time } from "@/components/Time";
import { Select } from "@/components/ui/select";
import { useFilters, usePages } from "@/lib/hooks";

const actions = [
  "account.credentials_read", "account.deleted", "user.deleted", "import.started", "oauth_app.created", "oauth_app.changed", "oauth_app.deleted",
  "app_override.created", "app_override.changed", "app_override.deleted", "app_file.changed", "app_file.removed", "app_logo.changed", "app_logo.removed", "component.saved", "component.removed", "component_package.installed", "component_package.removed",
  "brand.changed", "brand.copied", "connect_domain.changed", "connect_domain.removed",
  "client.created", "delivery.retried", "dead_letters.discarded", "replay.started", "replay.paused", "replay.resumed", "replay.cancelled", "client.deleted", "user_verification.changed",
];

const columns: Column<AuditEntry>[] = [
  {
    head: "Action",
    cell: (e) => (
      <>
        <code className="text-[0.8125rem]">{e.action}</code>
        <span className="block sm:hidden">
          <Who actor={e.actor} />
        </span>
      </>
    ),
  },
  { head: "Who", from: "sm", cell: (e) => <Who actor={e.actor} /> },
  { head: "To what", from: "sm", cell: (e) => <Id id={e.subject} short /> },
  { head: "User", from: "md", cell: (e) => <span className="block max-w-36 truncate">{e.external_user_id ?? "—"}</span> },
  { head: "Address", from: "lg", cell: (e) => e.actor.address ?? "—" },
  { head: "When", cell: (e) => <Time row at={e.created_at} /> },
];

function Who({ actor }: { actor: AuditEntry["actor"] }) {
  return (
    <span className="block max-w-48 truncate" title={actor.id}>
      {actor.name ?? actor.id} <span className="text-muted">({actor.kind.replaceAll("_", " ")})</span>
    </span>
  );
}

/** Who did what in the workspace. */
export function AuditPage() {
  const [{ action, actor, subject }, setFilters] = useFilters();
  const entries = usePages(["audit", { action, actor, subject }], (after) => data(api.GET("/audit_log", { params: { query: { action, actor, subject, after } } })));
  const byActor = useCallback((v: string) => setFilters({ actor: v }), [setFilters]);
  const bySubject = useCallback((v: string) => setFilters({ subject: v }), [setFilters]);
  const filtered = action || actor || subject;
  const clear = () => setFilters({ action: undefined, actor: undefined, subject: undefined });
  return (
    <>
      <PageHead title="Audit log" text="Who read a credential, deleted or changed what, in all projects of the workspace. It can only be added to." />
      <Filters clear={filtered ? clear : undefined}>
        <Select label="Action" value={action ?? ""} onChange={(v) => setFilters({ action: v })} options={[{ value: "", label: "All actions" }, ...actions.map((value) => ({ value, label: value }))]} className="w-56" />
        <TextFilter label="Exact id of who" value={actor ?? ""} onChange={byActor} />
        <TextFilter label="Exact id of what" value={subject ?? ""} onChange={bySubject} />
      </Filters>
      <ListTable
        label="Audit log"
        query={entries}
        columns={columns}
        rowKey={(e) => e.id}
        empty={
          filtered ? (
            <NoMatch clear={clear} />
          ) : (
            <Empty icon={ScrollText} title="Nothing yet">
              When somebody reads a credential, deletes an account or changes a client, it is written here with who it was and from where.
            </Empty>
          )
        }
      />
    </>
  );
}
