import { useQuery } from "@tanstack/react-query";
import { replaysQuery } from "@/api/calls";
import type { Scope } from "@/api/types";
import { ReplayProgress } from "./ReplayProgress";
import { Time } from "./Time";
import { Card } from "./ui/card";

/** The replays that are under way; nothing when there are none. */
export function ReplayCard({ scope }: { scope: Scope }) {
  const replays = useQuery(replaysQuery(scope));
  const running = replays.data?.data.filter((r) => !r.finished_at) ?? [];
  if (running.length === 0) return null;
  return (
    <div className="mb-4">
      <Card title="Sent again">
        <ul className="space-y-4">
          {running.map((r) => (
            <li key={r.id}>
              <p className="mb-1 text-[0.8125rem] text-muted">
                Since <Time at={r.created_at} />, {r.rate} a second
              </p>
              <ReplayProgress scope={scope} replay={r} />
            </li>
          ))}
        </ul>
      </Card>
    </div>
  );
}
