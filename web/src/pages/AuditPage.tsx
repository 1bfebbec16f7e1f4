import { Download, ScrollText } from "lucide-react";
import { useCallback } from "react";
import { api, data } from "@/api/client";
import type { AuditEntry } from "@/api/types";
import { AuditWebhook } from "@/components/AuditWebhook";
import { Id } from "@/components/Copy";
import { Empty, NoMatch } from "@/components/Empty";
import { Filters, TextFilter } from "@/components/Filters";
import { ListTable, type Column } from "@/components/ListTable";
import { PageHead } from "@/components/PageHead";
import { Time } from "@/components/Time";
import { Button } from "@/components/ui/button";
import { Select } from "@/components/ui/select";
import { useToast } from "@/components/ui/toast";
import { actions, changesOf, inOneLine } from "@/lib/auditing";
import { useFilters, usePages } from "@/lib/hooks";

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
  { head: "What changed", from: "md", cell: (e) => <Changed entry={e} /> },
  { head: "To what", from: "sm", cell: (e) => <Id id={e.subject} short /> },
  { head: "User", from: "md", cell: (e) => <span className="block max-w-16 truncate" title={e.external_user_id ?? undefined}>{e.external_user_id ?? "—"}</span> },
  { head: "Address", from: "lg", cell: (e) => e.actor.address ?? "—" },
  { head: "When", cell: (e) => <Time row at={e.created_at} /> },
];

function Changed({ entry }: { entry: AuditEntry }) {
  const changes = changesOf(entry.details);
  if (changes.length === 0) return <>—</>;
  return (
    <details className="w-40 [overflow-wrap:anywhere]">
      <summary className="cursor-pointer truncate">{changes.map((c) => c.name).join(", ")}</summary>
      <dl className="mt-1 space-y-1 text-[0.8125rem]">
        {changes.map((c) => (
          <div key={c.name}>
            <dt className="text-muted">{c.name}</dt>
            <dd className="break-words">
              {c.before !== undefined && (
                <>
                  <del>{inOneLine(c.before)}</del> →{" "}
                </>
              )}
              {inOneLine(c.after)}
            </dd>
          </div>
        ))}
      </dl>
    </details>
  );
}

function Who({ actor }: { actor: AuditEntry["actor"] }) {
  return (
    <span className="block max-w-36 truncate" title={actor.id}>
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
  const toast = useToast();
  const download = async (format: "csv" | "jsonl") => {
    try {
      const log = await data(api.GET("/audit_log/export", { params: { query: { action, actor, subject, format } }, parseAs: "blob" }));
      const url = URL.createObjectURL(log as unknown as Blob);
      Object.assign(document.createElement("a"), { href: url, download: `audit-log.${format}` }).click();
      URL.revokeObjectURL(url);
    } catch (e) {
      toast.bad("Nothing was downloaded", e);
    }
  };
  const filtered = action || actor || subject;
  const clear = () => setFilters({ action: undefined, actor: undefined, subject: undefined });
  return (
    <>
      <PageHead
        title="Audit log"
        text="Who read a credential, deleted or changed what, in all projects of the workspace. It can only be added to."
        actions={(["csv", "jsonl"] as const).map((format) => (
          <Button key={format} onClick={() => void download(format)}>
            <Download className="size-4" aria-hidden />
            {format.toUpperCase()}
          </Button>
        ))}
      />
      <AuditWebhook />
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
