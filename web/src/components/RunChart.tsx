import type { Schemas } from "@/api/types";
import { useNow } from "@/lib/hooks";
import { columns } from "@/lib/runs";

interface Props {
  counts: Schemas["RunCount"][];
  /** Called with the hour that somebody wants to see. */
  choose: (since: string, until: string) => void;
}

const hour = 3_600_000;
const clock = (iso: string) => new Date(iso).toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit" });

/** How many runs there were in each of the last 24 hours, and how they went. A column leads to its runs. */
export function RunChart({ counts, choose }: Props) {
  const now = useNow(true, 60_000);
  const all = columns(counts, now, 24);
  const most = Math.max(1, ...all.map((c) => c.good + c.bad + c.other));
  const sum = (k: "good" | "bad" | "other") => all.reduce((n, c) => n + c[k], 0);
  const share = (n: number) => `${(n / most) * 100}%`;
  return (
    <section aria-label="Runs of the last 24 hours" className="mb-3 rounded-lg border border-line bg-surface px-4 pb-2 pt-3 shadow-card">
      <p className="flex flex-wrap gap-x-4 text-[0.8125rem] text-muted">
        <span className="font-medium text-text">Last 24 hours</span>
        <Key colour="bg-good" text={`${sum("good").toLocaleString("en")} went well`} />
        <Key colour="bg-bad" text={`${sum("bad").toLocaleString("en")} failed`} />
        <Key colour="bg-info" text={`${sum("other").toLocaleString("en")} other`} />
      </p>
      <div className="mt-2 flex h-16 items-end gap-0.5">
        {all.map((c) => {
          const total = c.good + c.bad + c.other;
          const text = `${clock(c.start)}: ${total.toLocaleString("en")} runs, ${c.bad.toLocaleString("en")} failed`;
          return (
            <button
              key={c.start}
              type="button"
              title={text}
              aria-label={text}
              disabled={total === 0}
              onClick={() => choose(c.start, new Date(Date.parse(c.start) + hour).toISOString())}
              className="flex h-full min-w-0 grow flex-col justify-end rounded-sm hover:bg-sunken disabled:cursor-default"
            >
              <span className="block rounded-t-[2px] bg-info" style={{ height: share(c.other) }} />
              <span className="block bg-bad" style={{ height: share(c.bad) }} />
              <span className="block bg-good" style={{ height: share(c.good) }} />
              <span className="block h-px bg-line-strong" />
            </button>
          );
        })}
      </div>
      <div aria-hidden className="flex justify-between text-[0.6875rem] text-muted tabular-nums">
        <span>{clock(all[0]!.start)}</span>
        <span>{clock(all[12]!.start)}</span>
        <span>now</span>
      </div>
    </section>
  );
}

function Key({ colour, text }: { colour: string; text: string }) {
  return (
    <span className="inline-flex items-center gap-1.5">
      <span className={`size-2 rounded-full ${colour}`} aria-hidden />
      {text}
    </span>
  );
}
