import { UserX } from "lucide-react";
import { api, data } from "@/api/client";
import { within, type Erasure } from "@/api/types";
import { Id } from "@/components/Copy";
import { Empty } from "@/components/Empty";
import { ListTable, type Column } from "@/components/ListTable";
import { PageHead } from "@/components/PageHead";
import { Time } from "@/components/Time";
import { Badge } from "@/components/ui/badge";
import { usePages, useScope } from "@/lib/hooks";
import { paths } from "@/paths";

const words = (kind: string) => kind.replaceAll("_", " ");

/** What is gone, in one line: "2 accounts, 14 events". */
export function erasedLine(e: Erasure): string {
  const all = Object.entries(e.erased).sort(([a], [b]) => a.localeCompare(b));
  return all.length === 0 ? "Nothing else was there." : all.map(([kind, n]) => `${n} ${words(kind)}`).join(", ");
}

const columns: Column<Erasure>[] = [
  { head: "Report", cell: (e) => <Id id={e.id} short /> },
  { head: "State", cell: (e) => (e.status === "finished" ? <Badge tone="good">Erased</Badge> : <Badge tone="info">Erasing</Badge>) },
  { head: "What is gone", cell: (e) => <span className="text-[0.8125rem]">{erasedLine(e)}</span> },
  {
    head: "What remains",
    from: "md",
    cell: (e) => (
      <ul className="space-y-1 py-1 text-[0.8125rem] text-muted">
        {e.remains.map((r) => (
          <li key={r.kind + r.reason}>
            {r.count} {words(r.kind)}
            {r.until && (
              <>
                {" "}
                until <Time at={r.until} />
              </>
            )}
            : {r.reason}
          </li>
        ))}
        {e.grants
          .filter((g) => g.status !== "revoked")
          .map((g) => (
            <li key={g.app + g.status}>
              {g.count} of {g.app} at the app itself ({g.status})
            </li>
          ))}
        {e.remains.length === 0 && e.grants.every((g) => g.status === "revoked") && <li>Nothing that is known here.</li>}
      </ul>
    ),
  },
  { head: "Deleted", from: "sm", cell: (e) => <Time row at={e.created_at} /> },
];

/** Reports of users who were deleted: what of them is gone, and what is not. */
export function ErasuresPage() {
  const scope = useScope();
  const erasures = usePages(["erasures", scope], (after, limit) => data(api.GET("/projects/{project_id}/erasures", { params: { ...within(scope), query: { after, limit } } })), 5_000);
  return (
    <>
      <PageHead title="Erased users" up={{ label: "Users", place: paths.users(scope) }} text="What is gone of users who were deleted, and what is not. A report holds no more of its user than a hash of their id." />
      <ListTable
        label="Erased users"
        query={erasures}
        columns={columns}
        rowKey={(e) => e.id}
        empty={
          <Empty icon={UserX} title="No user was deleted yet">
            With a user go their accounts, triggers and stores at once, and then events, deliveries, runs and logs. Here it says what went.
          </Empty>
        }
      />
    </>
  );
}
