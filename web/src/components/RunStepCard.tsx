import type { RunStep } from "@/api/types";
import { duration } from "@/lib/time";
import { Fold, Json } from "./Json";
import { Large } from "./Large";
import { RunLog } from "./RunLog";
import { StepBadge } from "./Status";
import { Time } from "./Time";
import { Card } from "./ui/card";

const has = (v: unknown) => v !== undefined && v !== null;

interface Log {
  level?: string;
  text: string;
  at?: string;
}

/** What a step was given, what it gave back, and what it said. */
export function RunStepCard({ step: s }: { step: RunStep }) {
  const said = (s.output as { logs?: unknown } | null)?.logs;
  const logs = (Array.isArray(said) ? (said as Log[]) : []).flatMap((l) => (typeof l?.text === "string" && l.at ? [{ k: l.level ?? "log", ts: Date.parse(l.at), msg: l.text }] : []));
  return (
    <Card
      title={
        <span className="flex flex-wrap items-center gap-x-2.5 gap-y-1">
          <span className="break-all">{s.path}</span>
          <code className="text-xs font-normal text-muted">{s.type}</code>
          <StepBadge status={s.status} />
        </span>
      }
      actions={s.duration_ms !== null && <span className="text-[0.8125rem] text-muted tabular-nums">{duration(s.duration_ms)}</span>}
    >
      <div className="space-y-1">
        {s.error && (
          <p className="break-words text-bad">
            {s.error.message} <code className="text-xs">{s.error.code}</code>
          </p>
        )}
        {(s.attempts > 1 || s.wake_at) && (
          <p className="text-[0.8125rem] text-muted">
            {s.attempts > 1 && `Begun ${s.attempts} times. `}
            {s.wake_at && (
              <>
                It goes on <Time at={s.wake_at} />.
              </>
            )}
          </p>
        )}
        {logs.length > 0 && (
          <Fold title={`Log (${logs.length})`} open>
            <RunLog lines={logs} />
          </Fold>
        )}
        {has(s.input) && (
          <Fold title="Input" open={s.status === "failed"}>
            <Json value={s.input} what={`the input of ${s.name}`} />
          </Fold>
        )}
        {has(s.output) && (
          <Fold title="Output" open>
            <Json value={s.output} what={`the output of ${s.name}`} />
          </Fold>
        )}
        {s.output_reference && (
          <Fold title="Output" open>
            <Large reference={s.output_reference} />
          </Fold>
        )}
        {s.error && (
          <Fold title="Error">
            <Json value={s.error} what={`the error of ${s.name}`} />
          </Fold>
        )}
      </div>
    </Card>
  );
}
