import { Unplug } from "lucide-react";
import { api, data } from "@/api/client";
import { within, type Revocation } from "@/api/types";
import { Id } from "@/components/Copy";
import { Empty } from "@/components/Empty";
import { ListTable, type Column } from "@/components/ListTable";
import { PageHead } from "@/components/PageHead";
import { Time } from "@/components/Time";
import { Badge, type Tone } from "@/components/ui/badge";
import { usePages, useScope } from "@/lib/hooks";
import { paths } from "@/paths";

const words: Record<Revocation["status"], [Tone, string]> = {
  pending: ["info", "Pending"],
  revoked: ["good", "Revoked"],
  unsupported: ["neutral", "Not supported"],
  kept: ["neutral", "Kept"],
  failed: ["bad", "Failed"],
};

const columns: Column<Revocation>[] = [
  { head: "App", cell: (r) => <span className="font-medium">{r.app}</span> },
  {
    head: "Outcome",
    cell: (r) => (
      <>
        <Badge tone={words[r.status][0]}>{words[r.status][1]}</Badge>
        {r.reason && <span className="block py-1 text-[0.8125rem] text-muted sm:hidden">{r.reason}</span>}
      </>
    ),
  },
  { head: "Why", from: "sm", cell: (r) => <span className="text-[0.8125rem] text-muted">{r.reason ?? "—"}</span> },
  { head: "User", from: "md", cell: (r) => <span className="block max-w-40 truncate">{r.external_user_id}</span> },
  { head: "Account", from: "lg", cell: (r) => <Id id={r.account_id} short /> },
  { head: "Deleted", from: "sm", cell: (r) => <Time row at={r.created_at} /> },
];

/** What became of deleted accounts' credentials at their providers. */
export function RevocationsPage() {
  const scope = useScope();
  const revocations = usePages(["revocations", scope], (after, limit) => data(api.GET("/projects/{project_id}/revocations", { params: { ...within(scope), query: { after, limit } } })), 5_000);
  return (
    <>
      <PageHead title="Revocations" up={{ label: "Accounts", place: paths.accounts(scope) }} text="What became of deleted accounts’ credentials at their providers." />
      <ListTable
        label="Revocations"
        query={revocations}
        columns={columns}
        rowKey={(r) => r.id}
        empty={
          <Empty icon={Unplug} title="Nothing was deleted yet">
            When an account is deleted, its credential is ended at the provider, where the app offers that. It is tried for about a day.
          </Empty>
        }
      />
    </>
  );
}
