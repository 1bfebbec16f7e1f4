import type { Run, RunStep } from "@/api/types";
import { cn } from "@/lib/cn";
import { useNow } from "@/lib/hooks";
import { duration } from "@/lib/time";
import { waterfall } from "@/lib/waterfall";
import { live } from "./Status";

const colours: Record<RunStep["status"], string> = {
  pending: "bg-line-strong",
  running: "bg-info animate-pulse",
  waiting: "bg-line-strong animate-pulse",
  succeeded: "bg-good",
  failed: "bg-bad",
  ended_early: "bg-warn",
  canceled: "bg-line-strong",
  skipped: "bg-line-strong",
};

/** Each step as a bar on one scale of time. The numbers beside the bars say the same, for whoever cannot see them. */
export function Waterfall({ run, steps }: { run: Run; steps: RunStep[] }) {
  const now = useNow(live(run), 500);
  const w = waterfall(run, steps, now);
  return (
    <div className="min-w-0">
      <ul className="space-y-1.5" aria-label="Timing of the steps">
        {w.waited.ms > 0 && <Row name="waiting" ms={w.waited.ms} left={0} width={Math.max(w.waited.width, 0.5)} colour="bg-line-strong/50" muted ticks={w.ticks} />}
        {w.bars.map((b) => (
          <Row key={b.name} name={b.name} ms={b.ms} left={b.left} width={b.width} colour={colours[b.status]} ticks={w.ticks} link={`#step-${b.name}`} />
        ))}
      </ul>
      <div aria-hidden className="mt-1 grid grid-cols-[6rem_1fr_4.5rem] gap-2 text-[0.6875rem] text-muted sm:grid-cols-[9rem_1fr_5rem]">
        <span />
        <span className="relative h-4">
          {w.ticks.map((t, i) => (
            <span key={t.ms} className={cn("absolute whitespace-nowrap tabular-nums", i > 0 && "-translate-x-1/2", t.left > 96 && "-translate-x-full", i % 2 === 1 && "max-sm:hidden")} style={{ left: `${t.left}%` }}>
              {t.ms === 0 ? "0" : duration(t.ms)}
            </span>
          ))}
        </span>
      </div>
      <p className="mt-2 text-[0.8125rem] text-muted">
        {live(run) ? "So far" : "In all"} <span className="font-medium text-text tabular-nums">{duration(w.totalMs)}</span>
      </p>
    </div>
  );
}

interface RowProps {
  name: string;
  ms: number | null;
  left: number | null;
  width: number | null;
  colour: string;
  ticks: { left: number }[];
  muted?: boolean;
  link?: string;
}

function Row({ name, ms, left, width, colour, ticks, muted, link }: RowProps) {
  return (
    <li className="grid grid-cols-[6rem_1fr_4.5rem] items-center gap-2 text-[0.8125rem] sm:grid-cols-[9rem_1fr_5rem]">
      {link ? (
        <a href={link} className="truncate hover:underline underline-offset-4" title={name}>
          {name}
        </a>
      ) : (
        <span className={cn("truncate", muted && "text-muted")}>{name}</span>
      )}
      <span aria-hidden className="relative block h-5 overflow-hidden rounded-sm bg-sunken">
        {ticks.map((t) => t.left > 0 && <span key={t.left} className="absolute inset-y-0 w-px bg-line" style={{ left: `${t.left}%` }} />)}
        {left !== null && width !== null && <span className={cn("absolute inset-y-1 rounded-[2px]", colour)} style={{ left: `${left}%`, width: `${width}%` }} />}
      </span>
      <span className="text-right text-muted tabular-nums whitespace-nowrap">{ms === null ? "—" : duration(ms)}</span>
    </li>
  );
}
