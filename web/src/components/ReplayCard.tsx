import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { replaysQuery, runReplaysQuery } from "@/api/calls";
import type { Scope } from "@/api/types";
import { ReplayProgress, RunReplayProgress } from "./ReplayProgress";
import { Time } from "./Time";
import { Card } from "./ui/card";

/** The replays of deliveries that are under way; nothing when there are none. */
export function ReplayCard({ scope }: { scope: Scope }) {
  const replays = useQuery(replaysQuery(scope));
  return <UnderWay title="Sent again" of={replays.data?.data} show={(r) => <ReplayProgress scope={scope} replay={r} />} />;
}

/** The replays of runs that are under way; nothing when there are none. */
export function RunReplayCard({ scope }: { scope: Scope }) {
  const replays = useQuery(runReplaysQuery(scope));
  return <UnderWay title="Run again" of={replays.data?.data} show={(r) => <RunReplayProgress scope={scope} replay={r} />} />;
}

interface Kept {
  id: string;
  rate: number;
  created_at: string;
  finished_at: string | null;
}

function UnderWay<T extends Kept>({ title, of, show }: { title: string; of?: T[]; show: (r: T) => ReactNode }) {
  const running = of?.filter((r) => !r.finished_at) ?? [];
  if (running.length === 0) return null;
  return (
    <div className="mb-4">
      <Card title={title}>
        <ul className="space-y-4">
          {running.map((r) => (
            <li key={r.id}>
              <p className="mb-1 text-[0.8125rem] text-muted">
                Since <Time at={r.created_at} />, {r.rate} a second
              </p>
              {show(r)}
            </li>
          ))}
        </ul>
      </Card>
    </div>
  );
}
