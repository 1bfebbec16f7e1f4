import type { System } from "@/api/session";
import { Time } from "@/components/Time";
import { Badge } from "@/components/ui/badge";
import { Card } from "@/components/ui/card";
import { cn } from "@/lib/cn";

/** The processes that do the work, each with its places, of which those in use are filled. */
export function WorkersCard({ system: s }: { system: System }) {
  return (
    <Card title="Workers" actions={<Badge tone={s.workers.length ? "good" : "bad"}>{s.workers.length === 1 ? "1 alive" : `${s.workers.length} alive`}</Badge>} flush>
      {s.workers.length === 0 ? (
        <p className="p-4">
          {s.queues === null ? "Redis does not answer, so that nobody knows who is alive." : "No worker is alive, and nothing is done. Start one:"} {s.queues !== null && <code>patchbay work</code>}
        </p>
      ) : (
        <ul aria-label="Workers" className="divide-y divide-line">
          {s.workers.map((w) => (
            <li key={`${w.host} ${w.pid}`} className="grid gap-x-6 gap-y-2 px-4 py-3 sm:grid-cols-[15rem_1fr] sm:items-center">
              <div className="min-w-0">
                <span className="flex flex-wrap items-center gap-x-2">
                  <span className="font-medium break-all">{w.host}</span>
                  {w.stopping && <Badge tone="warn">Stopping</Badge>}
                </span>
                <span className="block text-[0.8125rem] text-muted">
                  process {w.pid}, since <Time at={w.since} />
                </span>
              </div>
              <div className="min-w-0">
                <div aria-hidden className="flex flex-wrap gap-1">
                  {Array.from({ length: Math.min(w.at_once, 64) }, (_, i) => (
                    <span key={i} className={cn("size-2.5 rounded-[3px]", i < w.tasks.length ? "bg-fill" : "bg-line")} />
                  ))}
                </div>
                <p className="mt-1 text-[0.8125rem] text-muted">
                  {w.tasks.length} of {w.at_once} places in use{w.tasks.length > 0 && ": "}
                  {w.tasks.slice(0, 5).map((t, i) => (
                    <span key={i}>
                      {i > 0 && ", "}
                      <code>{t.kind}</code> since <Time at={t.since} row />
                    </span>
                  ))}
                  {w.tasks.length > 5 && ` and ${w.tasks.length - 5} more`}
                </p>
              </div>
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}
