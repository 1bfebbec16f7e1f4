import type { Observation } from "@/api/types";

const clock = (ms: number) => new Date(ms).toISOString().slice(11, 23);

/** A line's text; of a failure with what led to it, which begins with the failure where a runtime wrote it. */
function textOf(l: Observation): string {
  if (!l.err) return l.msg ?? l.k;
  const what = `${l.err.name}: ${l.err.message}`;
  if (!l.msg) return what;
  return l.msg.startsWith(what) ? l.msg : `${what}\n${l.msg}`;
}

/** What it told on its way, each line with its time (UTC). */
export function RunLog({ lines }: { lines: Observation[] }) {
  if (lines.length === 0) return <p className="text-muted">It told nothing on its way.</p>;
  return (
    <ol aria-label="Log" className="max-h-[30rem] overflow-auto rounded-md border border-line bg-sunken p-3 font-mono text-xs leading-5" tabIndex={0}>
      {lines.map((l, i) => (
        <li key={i} className="flex gap-3">
          <time dateTime={new Date(l.ts).toISOString()} className="shrink-0 text-muted">
            {clock(l.ts)}
          </time>
          <span className={l.k === "error" ? "break-words whitespace-pre-wrap text-bad min-w-0" : "break-words whitespace-pre-wrap min-w-0"}>{textOf(l)}</span>
        </li>
      ))}
    </ol>
  );
}
