import { Link } from "@tanstack/react-router";
import { CircleCheck, CircleX } from "lucide-react";
import type { ActionOutcome } from "@/api/types";
import { originText } from "@/lib/components";
import { useScope } from "@/lib/hooks";
import { duration } from "@/lib/time";
import { paths } from "@/paths";
import { Json } from "./Json";
import { RunLog } from "./RunLog";
import { Card } from "./ui/card";
import { Tabs } from "./ui/tabs";

/** What became of a run: a component that fails is an outcome like another. */
export function RunOutcome({ outcome: o, tookMs }: { outcome: ActionOutcome; tookMs?: number }) {
  const scope = useScope();
  const summary = o.exports.$summary;
  const exports = Object.fromEntries(Object.entries(o.exports).filter(([name]) => name !== "$summary"));
  const tabs = [
    ...(o.error ? [] : [{ key: "ret", label: "Result", content: <Json value={o.ret} what="the result" /> }]),
    ...(Object.keys(exports).length > 0 ? [{ key: "exports", label: "Exports", content: <Json value={exports} what="the exports" /> }] : []),
    { key: "log", label: o.os.length > 0 ? `Log (${o.os.length})` : "Log", content: <RunLog lines={o.os} /> },
  ];
  const Icon = o.error ? CircleX : CircleCheck;
  return (
    <Card
      title="What became of it"
      actions={
        tookMs !== undefined && (
          <span className="text-[0.8125rem] tabular-nums text-muted">
            took {duration(tookMs)}
            {o.run_id && (
              <>
                {" · "}
                <Link {...(paths.actionRun(scope, o.run_id) as { to: string })} className="text-accent hover:underline underline-offset-4">
                  the run
                </Link>
              </>
            )}
          </span>
        )
      }
    >
      <div role="status" className="mb-3 flex items-start gap-2.5">
        <Icon className={`mt-0.5 size-4 shrink-0 ${o.error ? "text-bad" : "text-good"}`} aria-hidden />
        <div className="min-w-0">
          <p className="font-medium break-words">{o.error ? originText(o.error.attribution.origin) : typeof summary === "string" && summary ? summary : "Done"}</p>
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
