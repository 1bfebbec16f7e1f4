import { ChevronRight } from "lucide-react";
import { useMemo, useState } from "react";
import type { Run, RunStep } from "@/api/types";
import { cn } from "@/lib/cn";
import { useNow } from "@/lib/hooks";
import { runRows, runTree, statusOf, type RunRow } from "@/lib/runTree";
import { duration } from "@/lib/time";
import { waterfall, type Bar } from "@/lib/waterfall";
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

const words: Partial<Record<RunStep["status"], string>> = { failed: "failed", running: "under way", waiting: "waiting", canceled: "cancelled", skipped: "skipped" };

interface Props {
  run: Run;
  steps: RunStep[];
  /** The path of the step that is shown beside it. */
  chosen?: string;
  choose: (path: string) => void;
}

/**
 * Each step as a bar on one scale of time, what is in a block below it. The numbers beside the bars say the same, for
 * whoever cannot see them.
 */
export function Waterfall({ run, steps, chosen, choose }: Props) {
  const now = useNow(live(run), 500);
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  const tree = useMemo(() => runTree(steps), [steps]);
  const rows = useMemo(() => runRows(tree, open), [tree, open]);
  const w = waterfall(run, steps, now);
  const bars = new Map(w.bars.map((b) => [b.path, b]));
  return (
    <div className="min-w-0">
      <ul className="max-h-[36rem] space-y-0.5 overflow-y-auto" aria-label="Timing of the steps">
        {w.waited.ms > 0 && (
          <li className={grid}>
            <span className="truncate px-1.5 text-muted">waiting</span>
            <Track bar={{ left: 0, width: Math.max(w.waited.width, 0.5) }} colour="bg-line-strong/50" ticks={w.ticks} />
            <span className={number}>{duration(w.waited.ms)}</span>
          </li>
        )}
        {rows.map((r) => (
          <Row
            key={r.node.key}
            row={r}
            bar={bars.get(r.node.step?.path ?? "")}
            ticks={w.ticks}
            chosen={chosen !== undefined && r.node.step?.path === chosen}
            choose={choose}
            unfold={() => setOpen(new Set([...open, r.node.key]))}
          />
        ))}
      </ul>
      <div aria-hidden className={cn(grid, "mt-1 text-[0.6875rem] text-muted")}>
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

const grid = "grid grid-cols-[7rem_1fr_4.5rem] items-center gap-2 text-[0.8125rem] sm:grid-cols-[12rem_1fr_5rem]";
const number = "text-right text-muted tabular-nums whitespace-nowrap";

interface RowProps {
  row: RunRow;
  bar: Bar | undefined;
  ticks: { left: number }[];
  chosen: boolean;
  choose: (path: string) => void;
  unfold: () => void;
}

function Row({ row: { node, depth, folded }, bar, ticks, chosen, choose, unfold }: RowProps) {
  const status = statusOf(node);
  const word = words[status];
  const label = (
    <>
      <span className={cn("size-1.5 shrink-0 rounded-full", colours[status])} aria-hidden />
      <span className="truncate">{node.label}</span>
      {word && <span className="sr-only">, {word}</span>}
    </>
  );
  const style = { paddingLeft: `${0.375 + Math.min(depth, 6) * 0.75}rem` };
  return (
    <li>
      <div className={grid}>
        {node.step ? (
          <button type="button" aria-pressed={chosen} title={node.key} onClick={() => choose(node.step!.path)} style={style} className={cn("flex h-6 min-w-0 items-center gap-1.5 rounded pr-1.5 text-left hover:bg-sunken", chosen && "bg-accent-soft font-medium text-accent")}>
            {label}
          </button>
        ) : (
          <span style={style} className="flex h-6 min-w-0 items-center gap-1.5 pr-1.5 text-muted">
            {label}
          </span>
        )}
        <Track bar={bar} colour={colours[status]} ticks={ticks} />
        <span className={number}>{bar ? (bar.ms === null ? "—" : duration(bar.ms)) : ""}</span>
      </div>
      {folded && folded.count > 0 && (
        <button type="button" onClick={unfold} style={{ marginLeft: `${(depth + 1) * 0.75}rem` }} className="flex items-center gap-1 rounded px-1.5 py-0.5 text-xs text-accent hover:underline underline-offset-4">
          <ChevronRight className="size-3.5" aria-hidden />
          {folded.count.toLocaleString("en")} more items{folded.failed > 0 && `; ${folded.failed.toLocaleString("en")} failed in all`}
        </button>
      )}
    </li>
  );
}

function Track({ bar, colour, ticks }: { bar?: { left: number | null; width: number | null }; colour: string; ticks: { left: number }[] }) {
  return (
    <span aria-hidden className="relative block h-5 overflow-hidden rounded-sm bg-sunken">
      {ticks.map((t) => t.left > 0 && <span key={t.left} className="absolute inset-y-0 w-px bg-line" style={{ left: `${t.left}%` }} />)}
      {bar && bar.left !== null && bar.width !== null && <span className={cn("absolute inset-y-1 rounded-[2px]", colour)} style={{ left: `${bar.left}%`, width: `${bar.width}%` }} />}
    </span>
  );
}
