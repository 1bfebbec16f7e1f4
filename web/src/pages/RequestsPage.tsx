import { ArrowLeftRight } from "lucide-react";
import { useCallback } from "react";
import { listRequests } from "@/api/calls";
import { requestColumns } from "@/components/columns";
import { Empty, NoMatch } from "@/components/Empty";
import { Filters, TextFilter } from "@/components/Filters";
import { ListTable } from "@/components/ListTable";
import { PageHead } from "@/components/PageHead";
import { Select } from "@/components/ui/select";
import { useFilters, usePages, useScope } from "@/lib/hooks";
import { paths } from "@/paths";

const statuses: Record<string, string> = { "2xx": "2xx good", "3xx": "3xx redirects", "4xx": "4xx refused", "429": "429 throttled", "5xx": "5xx failed" };
const spans: Record<string, [string, number]> = { hour: ["Last hour", 3_600_000], day: ["Last day", 86_400_000] };

/** When a span of time began, to the minute, so that a list that refreshes itself stays the same list. */
function since(span: string | undefined): string | undefined {
  const length = span ? spans[span]?.[1] : undefined;
  return length === undefined ? undefined : new Date(Math.floor((Date.now() - length) / 60_000) * 60_000).toISOString();
}

/** What was called through the proxy: where to, for whom, and how it went. */
export function RequestsPage() {
  const scope = useScope();
  const [{ status, app, account, when }, setFilters] = useFilters();
  const wanted = status && status in statuses ? status : undefined;
  const span = when && when in spans ? when : undefined;
  const requests = usePages(
    ["requests", scope, { wanted, app, account, span }],
    (after, limit) => listRequests(scope, { status: wanted, app: app || undefined, account_id: account || undefined, from: since(span), after, limit }),
    5_000,
  );
  const byApp = useCallback((v: string) => setFilters({ app: v }), [setFilters]);
  const byAccount = useCallback((v: string) => setFilters({ account: v }), [setFilters]);
  const filtered = wanted || app || account || span;
  const clear = () => setFilters({ status: undefined, app: undefined, account: undefined, when: undefined });
  return (
    <>
      <PageHead title="Requests" text="Every call to an app through the proxy; the list refreshes itself." />
      <Filters clear={filtered ? clear : undefined}>
        <Select label="Status" value={wanted ?? ""} onChange={(v) => setFilters({ status: v })} options={[{ value: "", label: "Any status" }, ...Object.entries(statuses).map(([value, label]) => ({ value, label }))]} className="w-40" />
        <Select label="Time" value={span ?? ""} onChange={(v) => setFilters({ when: v })} options={[{ value: "", label: "Any time" }, ...Object.entries(spans).map(([value, [label]]) => ({ value, label }))]} className="w-32" />
        <TextFilter label="App" value={app ?? ""} onChange={byApp} className="w-40 max-sm:w-full" />
        <TextFilter label="Account id" value={account ?? ""} onChange={byAccount} />
      </Filters>
      <ListTable
        views="requests"
        label="Requests"
        query={requests}
        columns={requestColumns}
        rowKey={(r) => r.id}
        place={(r) => paths.request(scope, r.id)}
        empty={
          filtered ? (
            <NoMatch clear={clear} />
          ) : (
            <Empty icon={ArrowLeftRight} title="No requests yet">
              Call an app with a user’s account at <code>/v1/connect/{"{project}"}/proxy</code>: the credential is put in on the way, and the call is listed here.
            </Empty>
          )
        }
      />
    </>
  );
}
