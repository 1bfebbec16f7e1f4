import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { api, data } from "@/api/client";
import { within, type ProxyBody } from "@/api/types";
import { Async, SkeletonCard } from "@/components/Async";
import { Id } from "@/components/Copy";
import { Json } from "@/components/Json";
import { PageHead } from "@/components/PageHead";
import { RequestBadge } from "@/components/Status";
import { Time } from "@/components/Time";
import { Card, Facts } from "@/components/ui/card";
import { useParam, useScope } from "@/lib/hooks";
import { duration } from "@/lib/time";
import { paths } from "@/paths";

const omitted: Record<Exclude<ProxyBody["omitted"], "">, string> = {
  empty: "It was empty.",
  too_long: "It was too long to be kept: only up to 16 KiB are.",
  not_text: "It was no text, so it was not kept.",
  unreadable: "It was not what its type says, so nothing secret could be taken out of it, and it was not kept.",
};

const count = new Intl.NumberFormat("en");

/** One call through the proxy. Values of the query are never kept, bodies only where the project asks for it. */
export function RequestPage() {
  const scope = useScope();
  const id = useParam("requestId");
  const request = useQuery({
    queryKey: ["requests", scope, "one", id],
    queryFn: () => data(api.GET("/projects/{project_id}/requests/{proxy_request_id}", { params: { ...within(scope), path: { project_id: scope.projectId, proxy_request_id: id } } })),
  });
  const r = request.data?.request;
  return (
    <>
      <PageHead title={r ? `${r.method} ${r.host || "nothing was sent"}` : "Request"} badge={r && <RequestBadge request={r} />} up={{ label: "Requests", place: paths.requests(scope) }} />
      <Async query={request} skeleton={<SkeletonCard />}>
        {({ request: q, request_body, response_body }) => (
          <div className="space-y-4">
            <Card title="Facts">
              <Facts
                facts={[
                  ["Path", q.path ? <code key="p" className="break-all text-[0.8125rem]">{q.path}</code> : "none"],
                  ["App", q.app || "unknown"],
                  ["Account", q.account_id.startsWith("apn_") ? <Link key="a" {...(paths.account(scope, q.account_id) as { to: string })} className="break-all font-mono text-[0.8125rem] text-accent hover:underline underline-offset-4">{q.account_id}</Link> : q.account_id || "none"],
                  ["User", q.external_user_id ? <Link key="u" {...(paths.user(scope, q.external_user_id) as { to: string })} className="break-all text-accent hover:underline underline-offset-4">{q.external_user_id}</Link> : "none"],
                  ["Answered", q.error ? `by us, with ${q.status}: ${q.error.replaceAll("_", " ")}` : `by the app, with ${q.status}`],
                  ["On the way", onTheWay(q)],
                  ["Took", duration(q.duration_ms)],
                  ["Sent", `${count.format(q.bytes_in)} bytes`],
                  ["Received", `${count.format(q.bytes_out)} bytes`],
                  ["When", <Time key="t" at={q.created_at} />],
                  ["Request id", <Id key="r" id={q.request_id} what="request id" />],
                ]}
              />
            </Card>
            {request_body || response_body ? (
              <div className="grid gap-4 lg:grid-cols-2">
                <Body title="Request body" body={request_body} />
                <Body title="Response body" body={response_body} />
              </div>
            ) : (
              <p className="text-muted">
                Bodies are not kept, unless the{" "}
                <Link {...(paths.settings(scope) as { to: string })} className="text-accent underline underline-offset-4">
                  settings
                </Link>{" "}
                say so.
              </p>
            )}
          </div>
        )}
      </Async>
    </>
  );
}

function onTheWay(q: { refreshed: boolean; retried: boolean; redirects: number }): string {
  const parts = [q.refreshed && "token refreshed", q.retried && "sent a second time", q.redirects > 0 && (q.redirects === 1 ? "one redirect followed" : `${q.redirects} redirects followed`)];
  return parts.filter(Boolean).join(", ") || "nothing happened";
}

function Body({ title, body }: { title: string; body: ProxyBody | null }) {
  return (
    <Card title={title}>
      {body && body.omitted === "" ? <Json value={body.text} what={title.toLowerCase()} /> : <p className="text-muted">{body && body.omitted !== "" ? omitted[body.omitted] : "None was kept."}</p>}
    </Card>
  );
}
