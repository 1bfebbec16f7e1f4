import { CircleCheck, CircleX } from "lucide-react";
import type { ActionOutcome, Observation } from "@/api/types";
import { duration } from "@/lib/time";
import { Json } from "./Json";
import { Card } from "./ui/card";
import { Tabs } from "./ui/tabs";

/** Whose fault it was, in words. Anything else that a component says of it is shown as it is. */
const origins: Record<string, string> = {
  app: "The app refused it",
  transport: "The app could not be reached",
  input: "What was filled in does not fit",
  account: "The account cannot be used",
  timeout: "It took too long",
  operation: "The action itself has a fault",
};

/** What became of a run: a component that fails is an outcome like another. */
export function RunOutcome({ outcome: o, tookMs }: { outcome: ActionOutcome; tookMs?: number }) {
  const summary = o.exports.$summary;
  const exports = Object.fromEntries(Object.entries(o.exports).filter(([name]) => name !== "$summary"));
  const tabs = [
    ...(o.error ? [] : [{ key: "ret", label: "Result", content: <Json value={o.ret} what="the result" /> }]),
    ...(Object.keys(exports).length > 0 ? [{ key: "exports", label: "Exports", content: <Json value={exports} what="the exports" /> }] : []),
    { key: "log", label: o.os.length > 0 ? `Log (${o.os.length})` : "Log", content: <Log lines={o.os} /> },
  ];
  const Icon = o.error ? CircleX : CircleCheck;
  return (
    <Card title="What became of it" actions={tookMs !== undefined && <span className="text-[0.8125rem] tabular-nums text-muted">took {duration(tookMs)}</span>}>
      <div role="status" className="mb-3 flex items-start gap-2.5">
        <Icon className={`mt-0.5 size-4 shrink-0 ${o.error ? "text-bad" : "text-good"}`} aria-hidden />
        <div className="min-w-0">
          <p className="font-medium break-words">{o.error ? (origins[o.error.attribution.origin] ?? "It failed") : typeof summary === "string" && summary ? summary : "Done"}</p>
          {o.error && (
            <p className="break-words">
              {o.error.message}
              {o.error.attribution.status !== undefined && <span className="text-muted"> (status {o.error.attribution.status})</span>}
            </p>
          )}
        </div>
      </div>
      <Tabs label="Outcome" tabs={tabs} />
    </Card>
  );
}

const clock = (ms: number) => new Date(ms).toISOString().slice(11, 23);

/** What it told on its way, each line with its time (UTC). */
function Log({ lines }: { lines: Observation[] }) {
  if (lines.length === 0) return <p className="text-muted">It told nothing on its way.</p>;
  return (
    <ol aria-label="Log" className="max-h-[30rem] overflow-auto rounded-md border border-line bg-sunken p-3 font-mono text-xs leading-5" tabIndex={0}>
      {lines.map((l, i) => (
        <li key={i} className="flex gap-3">
          <time dateTime={new Date(l.ts).toISOString()} className="shrink-0 text-muted">
            {clock(l.ts)}
          </time>
          <span className={l.k === "error" ? "break-words whitespace-pre-wrap text-bad min-w-0" : "break-words whitespace-pre-wrap min-w-0"}>{l.err ? `${l.err.name}: ${l.err.message}` : (l.msg ?? l.k)}</span>
        </li>
      ))}
    </ol>
  );
}
