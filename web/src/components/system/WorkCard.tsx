import type { System } from "@/api/session";
import { Time } from "@/components/Time";
import { Badge } from "@/components/ui/badge";
import { Card } from "@/components/ui/card";
import { cn } from "@/lib/cn";
import { age, lateness, share } from "@/lib/system";
import { duration } from "@/lib/time";

type Work = System["work"][number];

const kinds: Record<Work["name"], [name: string, text: string, over: string]> = {
  runs: ["Runs of workflows", "whose next step could begin", "dead letters"],
  deliveries: ["Deliveries", "to receivers that are let through", "dead letters"],
  refreshes: ["Token refreshes", "whose time has come", "accounts that lost their access"],
  looks: ["Looks of triggers", "at apps that call nobody", ""],
  actions: ["Actions in the background", "that no worker has begun", ""],
  notices: ["Notices to your team", "that are not told yet", "given up"],
};
const bars = { good: "bg-good", warn: "bg-warn", bad: "bg-bad" };
const many = (n: number, most = false) => `${n.toLocaleString("en")}${most ? " or more" : ""}`;

/** What is due and not begun: how much of it, and how long the first of it has waited. */
export function WorkCard({ system: s }: { system: System }) {
  const now = new Date(s.checked_at);
  const most = Math.max(...s.work.map((w) => w.due), 1);
  const late = s.work.filter((w) => lateness(w, now) !== "good");
  return (
    <Card
      title="Work that waits"
      actions={s.work.length > 0 && <Badge tone={late.length ? "warn" : "good"}>{late.length ? `${late.length} behind` : "Nothing is behind"}</Badge>}
      text="What could be done at this moment and is not begun yet, of all workspaces. What grows old here has too few workers, or a worker that hangs."
      flush
    >
      {s.work.length === 0 && <p className="p-4 text-muted">The database does not answer.</p>}
      <ul aria-label="Work that waits" className="divide-y divide-line">
        {s.work.map((w) => {
          const [name, text, over] = kinds[w.name];
          const tone = lateness(w, now);
          return (
            <li key={w.name} className="grid gap-x-6 gap-y-1.5 px-4 py-2.5 sm:grid-cols-[15rem_1fr_auto] sm:items-center">
              <div>
                <span className="font-medium">{name}</span>
                <span className="block text-[0.8125rem] text-muted">{text}</span>
              </div>
              <div aria-hidden className="h-2 overflow-hidden rounded-full bg-sunken">
                <div className={cn("h-full rounded-full", bars[tone])} style={{ width: `${share(w.due, most)}%` }} />
              </div>
              <div className="text-[0.8125rem] sm:w-64 sm:text-right">
                <span className="font-medium tabular-nums">{many(w.due, w.most)} due</span>
                {w.due > 0 && <span className={cn(tone !== "good" && "font-medium", { good: "text-muted", warn: "text-warn", bad: "text-bad" }[tone])}>, the oldest for {age(w, now)}</span>}
                <span className="block text-muted">
                  {many(w.under_way)} under way{over && w.given_up > 0 && ` · ${many(w.given_up, w.given_up >= 10_000)} ${over}`}
                </span>
              </div>
            </li>
          );
        })}
      </ul>
      <div className="border-t border-line px-4 py-2.5 text-[0.8125rem] text-muted">
        {s.queues === null ? (
          <span className="text-warn">Redis does not answer: nobody is nudged, and workers find what is due by looking for it.</span>
        ) : s.queues.length === 0 ? (
          "Nobody was nudged yet: the queue in Redis is empty."
        ) : (
          s.queues.map((q) => (
            <p key={q.name}>
              Queue <code>{q.name}</code> in Redis: {many(q.waiting)} nudges wait{q.behind_seconds >= 1 && `, the first for ${duration(Math.round(q.behind_seconds) * 1000)}`}, {many(q.under_way)} under way, {many(q.again)} for later. Today{" "}
              {many(q.done)} done{q.failed > 0 && <span className="text-warn">, {many(q.failed)} failed</span>}.{q.paused && <span className="text-bad"> It is paused.</span>}
            </p>
          ))
        )}
        <p>
          Looked at <Time at={s.checked_at} />.
        </p>
      </div>
    </Card>
  );
}
