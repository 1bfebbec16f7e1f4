import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Bell } from "lucide-react";
import { useState } from "react";
import { api, data } from "@/api/client";
import { within, type Notice, type NoticeGroup, type NotificationRoute, type NotificationTest } from "@/api/types";
import { Async } from "@/components/Async";
import { Confirm } from "@/components/Confirm";
import { Empty } from "@/components/Empty";
import { ListTable, Rows, type Column } from "@/components/ListTable";
import { MuteRoute } from "@/components/MuteRoute";
import { channelNames, NotificationForm, severityNames, type Told } from "@/components/NotificationForm";
import { PageHead } from "@/components/PageHead";
import { SecretDialog } from "@/components/SecretDialog";
import { Time } from "@/components/Time";
import { Badge, type Tone } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Dialog, DialogContent } from "@/components/ui/dialog";
import { explain } from "@/components/ui/toast";
import { usePages, useScope } from "@/lib/hooks";
import { exact } from "@/lib/time";

const tones: Record<string, Tone> = { active: "good", muted: "neutral", paused: "warn", off: "neutral", sent: "good", failed: "bad", pending: "info", sending: "info" };

const words: Record<NotificationRoute["status"] | Notice["state"], string> = {
  active: "Active", muted: "Muted", paused: "Paused", off: "Off", pending: "Waiting", sending: "On its way", sent: "Sent", failed: "Failed", grouped: "Summed up", empty: "Nothing to tell",
};
const everything = (types: string[]) => (types.length === 1 && types[0] === "*" ? "all events" : types.join(", "));

/** Who of the people who run the product is told of what; what they were told; and what was told once and then counted. */
export function NotificationsPage() {
  const scope = useScope();
  const queries = useQueryClient();
  const [open, setOpen] = useState<NotificationRoute | "new">();
  const [key, setKey] = useState<string>();
  const routes = useQuery({ queryKey: ["notification-routes", scope], queryFn: () => data(api.GET("/projects/{project_id}/notification_routes", { params: within(scope) })), refetchInterval: 5_000 });
  const told = useQuery({ queryKey: ["notification-events", scope], queryFn: () => data(api.GET("/projects/{project_id}/notification_events", { params: within(scope) })) as Promise<Told> });
  const notices = usePages(["notices", scope], (after, limit) => data(api.GET("/projects/{project_id}/notices", { params: { ...within(scope), query: { after, limit } } })), 5_000);
  const groups = usePages(["notice-groups", scope], (after, limit) => data(api.GET("/projects/{project_id}/notice_groups", { params: { ...within(scope), query: { after, limit } } })), 30_000);
  const changed = () => void queries.invalidateQueries({ queryKey: ["notification-routes", scope] });
  const saved = (r: NotificationRoute) => {
    setOpen(undefined);
    setKey(r.signing_key);
    changed();
  };
  return (
    <>
      <PageHead
        title="Notifications"
        text="Tell the people who run the product when something breaks. The same fault is told once an hour, and then summed up."
        actions={<Button variant="primary" disabled={!told.data} onClick={() => setOpen("new")}>New route</Button>}
      />
      <div className="space-y-4">
        <Async query={routes}>
          {({ data: rows }) =>
            rows.length === 0 ? (
              <Card>
                <Empty icon={Bell} title="Nobody is told yet">
                  A route leads to a channel in Discord, Slack or Microsoft Teams, to e-mail addresses, or to a URL of yours.
                </Empty>
              </Card>
            ) : (
              <div className="space-y-3">{rows.map((r) => <RouteCard key={r.id} route={r} edit={() => setOpen(r)} changed={changed} />)}</div>
            )
          }
        </Async>
        <section>
          <h2 className="mb-2 font-semibold">Recent notices</h2>
          <ListTable label="Notices" query={notices} columns={noticeColumns} rowKey={(n) => n.id} empty={<Empty icon={Bell} title="No notices yet">What is told along a route is kept here for 30 days.</Empty>} />
        </section>
        <Async query={groups}>
          {(d) => {
            const rows = d.pages.flatMap((p) => p.data).filter((g) => g.count > 1);
            return rows.length > 0 && <Card title="Happened again and again" flush><Rows label="Groups" rows={rows} columns={groupColumns} rowKey={(g) => g.id} /></Card>;
          }}
        </Async>
      </div>
      <Dialog open={!!open} onOpenChange={(on) => !on && setOpen(undefined)}>
        {open && told.data && (
          <DialogContent title={open === "new" ? "New route" : open.name} className="max-w-4xl">
            <NotificationForm route={open === "new" ? undefined : open} told={told.data} done={saved} />
          </DialogContent>
        )}
      </Dialog>
      <SecretDialog
        title="Signing key"
        text="It signs what this route sends, as deliveries are signed. It is not shown again."
        values={key ? [{ label: "Signing key", value: key }] : null}
        close={() => setKey(undefined)}
      />
    </>
  );
}

function RouteCard({ route: r, edit, changed }: { route: NotificationRoute; edit: () => void; changed: () => void }) {
  const scope = useScope();
  const at = { params: { ...within(scope), path: { project_id: scope.projectId, notification_route_id: r.id } } };
  const [test, setTest] = useState<NotificationTest | string>();
  const [busy, setBusy] = useState(false);
  const tryIt = async () => {
    setBusy(true);
    try {
      setTest(await data(api.POST("/projects/{project_id}/notification_routes/{notification_route_id}/test", at)));
    } catch (e) {
      setTest(explain(e));
    }
    setBusy(false);
    changed();
  };
  return (
    <Card
      title={<span className="inline-flex flex-wrap items-center gap-2">{r.name} <Badge tone={tones[r.status]} dot>{words[r.status]}</Badge></span>}
      actions={
        <div className="flex gap-2">
          <Button acts size="sm" busy={busy} onClick={() => void tryIt()}>Test</Button>
          <MuteRoute route={r} changed={changed} />
          <Button size="sm" onClick={edit}>Edit</Button>
          <Confirm
            title={`Delete ${r.name}?`}
            text="Its notices go with it."
            action="Delete route"
            done="The route is gone."
            trigger={<Button size="sm" variant="dangerGhost">Delete</Button>}
            act={() => data(api.DELETE("/projects/{project_id}/notification_routes/{notification_route_id}", at))}
            after={changed}
          />
        </div>
      }
    >
      <p className="break-words">
        {channelNames[r.channel]} <span className="text-muted">{r.target}</span>
      </p>
      <p className="mt-1 text-muted">
        {r.severities.map((v) => severityNames[v]).join(", ")}: {everything(r.event_types)}
        {r.reach === "environment" ? "" : `, of the whole ${r.reach}`}.{r.digest.every !== "off" && ` A ${r.digest.every} digest at ${r.digest.at}.`}
        {r.last_sent_at && <> Last told <Time at={r.last_sent_at} />.</>}
      </p>
      {r.status === "muted" && <p className="mt-1">{r.muted_until ? `Silent until ${exact(new Date(r.muted_until))}.` : "Silent: these are its quiet hours."}</p>}
      {r.status === "paused" && r.open_until && <p className="mt-1 text-warn">It failed {r.failures} times in a row. What there is to tell is held; one message tries again <Time at={r.open_until} />.</p>}
      {r.last_error && <p className="mt-1 text-bad">{r.off_reason && "Switched off. "}<code>{r.last_error}</code> {r.last_error_message}</p>}
      {test && (
        <p role="status" className="mt-1">
          {typeof test === "string" ? test : test.sent ? `The test arrived after ${test.duration_ms} ms.` : <><code>{test.code}</code> {test.message} {test.retry && "Trying again may help."}</>}
        </p>
      )}
    </Card>
  );
}

const noticeColumns: Column<Notice>[] = [
  { head: "What", cell: (n) => <>{n.title}{n.kind === "summary" && " (summary)"}{n.times > 1 && ` ×${n.times}`}</> },
  { head: "State", cell: (n) => <Badge tone={n.held ? "warn" : tones[n.state]}>{n.held ? "Held" : words[n.state]}</Badge> },
  { head: "Error", cell: (n) => n.code && <code title={n.message ?? ""}>{n.code}</code> },
  { head: "Route", from: "sm", cell: (n) => n.route },
  { head: "Attempts", from: "lg", cell: (n) => n.attempts, className: "tabular-nums" },
  { head: "When", from: "md", cell: (n) => <Time row at={n.created_at} /> },
];

const groupColumns: Column<NoticeGroup>[] = [
  { head: "What", cell: (g) => g.title || g.event_type },
  { head: "Times", cell: (g) => g.count, className: "tabular-nums" },
  { head: "First", from: "sm", cell: (g) => <Time row at={g.first_at} /> },
  { head: "Last", from: "sm", cell: (g) => <Time row at={g.last_at} /> },
];
