import { ago, exact } from "@/lib/time";
import { useNow } from "@/lib/hooks";

/** The next due times of a schedule: on a line from now to the last of them, and in words. */
export function DueTimes({ times }: { times: string[] }) {
  const now = useNow(times.length > 0, 30_000);
  const at = times.map((t) => new Date(t));
  const last = at.at(-1)?.getTime() ?? now;
  const span = Math.max(last - now, 1);
  const place = (t: Date) => Math.min(Math.max(((t.getTime() - now) / span) * 100, 0), 100);
  return (
    <div>
      <div aria-hidden className="relative mx-2 my-3 h-0.5 rounded-full bg-line-strong/60">
        <span className="absolute -top-1 h-2.5 w-0.5 -translate-x-1/2 bg-muted" />
        {at.map((t) => (
          <span key={t.getTime()} className="absolute -top-1 size-2.5 -translate-x-1/2 rounded-full border-2 border-surface bg-accent" style={{ left: `${place(t)}%` }} />
        ))}
      </div>
      <ol aria-label="Next due times" className="space-y-0.5 text-[0.8125rem]">
        {at.map((t) => (
          <li key={t.getTime()} className="flex flex-wrap justify-between gap-x-4">
            <time dateTime={t.toISOString()}>{exact(t)}</time>
            <span className="text-muted">{ago(t, new Date(now))}</span>
          </li>
        ))}
      </ol>
    </div>
  );
}
