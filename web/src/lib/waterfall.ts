import type { Run, RunStep } from "@/api/types";

export interface Bar {
  path: string;
  name: string;
  status: RunStep["status"];
  /** Percent of the whole from the left; null while the step has not begun. */
  left: number | null;
  width: number | null;
  ms: number | null;
}

export interface Waterfall {
  totalMs: number;
  /** How long the run waited before its first step could begin, in percent of the whole. */
  waited: { width: number; ms: number };
  bars: Bar[];
  ticks: { left: number; ms: number }[];
}

/**
 * Lays the steps of a run on one time scale: it begins when the run was created and ends when it finished, or
 * now while it is live. A bar is never thinner than half a percent, so that a step of 0 ms can be seen.
 */
export function waterfall(run: Pick<Run, "created_at" | "started_at" | "finished_at">, steps: RunStep[], now: number): Waterfall {
  const start = Date.parse(run.created_at);
  const ends = [run.finished_at, ...steps.map((s) => s.finished_at)].filter((t) => t !== null).map((t) => Date.parse(t));
  const end = run.finished_at ? Math.max(...ends) : Math.max(now, ...ends, start);
  const totalMs = Math.max(end - start, 1);
  const percent = (ms: number) => (Math.min(Math.max(ms, 0), totalMs) / totalMs) * 100;

  const begun = run.started_at ? Date.parse(run.started_at) : end;
  const waitedMs = Math.max(begun - start, 0);

  const bars = steps.map((s): Bar => {
    if (!s.started_at) return { path: s.path, name: s.name, status: s.status, left: null, width: null, ms: null };
    const from = Date.parse(s.started_at);
    const ms = s.duration_ms ?? (s.finished_at ? Date.parse(s.finished_at) : end) - from;
    const width = Math.max(percent(ms), 0.5);
    return { path: s.path, name: s.name, status: s.status, left: Math.min(percent(from - start), 100 - width), width, ms: Math.max(ms, 0) };
  });
  return { totalMs, waited: { width: percent(waitedMs), ms: waitedMs }, bars, ticks: ticks(totalMs) };
}

/** Round marks (1, 2 or 5 times a power of ten), at most five of them. */
function ticks(totalMs: number): { left: number; ms: number }[] {
  const rough = totalMs / 5;
  const power = 10 ** Math.floor(Math.log10(Math.max(rough, 1)));
  const gap = [1, 2, 5, 10].map((m) => m * power).find((g) => g >= rough) ?? power * 10;
  const out = [];
  for (let ms = 0; ms <= totalMs && out.length < 6; ms += gap) out.push({ ms, left: (ms / totalMs) * 100 });
  return out;
}
