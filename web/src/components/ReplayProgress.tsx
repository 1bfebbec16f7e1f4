import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, data } from "@/api/client";
import { within, type Replay, type RunReplay, type Scope } from "@/api/types";
import { progressOf } from "@/lib/deliveries";
import { Badge, type Tone } from "./ui/badge";
import { Button } from "./ui/button";
import { useToast } from "./ui/toast";

const tones: Record<Replay["status"], [Tone, string]> = { running: ["info", "Running"], paused: ["warn", "Paused"], finished: ["good", "Finished"], cancelled: ["neutral", "Cancelled"] };

type Turn = "pause" | "resume" | "cancel";

/** How far a replay of deliveries is, and what can be done with it. */
export function ReplayProgress({ scope, replay: r }: { scope: Scope; replay: Replay }) {
  const params = { ...within(scope), path: { project_id: scope.projectId, replay_id: r.id } };
  const turns: Record<Turn, () => Promise<unknown>> = {
    pause: () => data(api.POST("/projects/{project_id}/replays/{replay_id}/pause", { params })),
    resume: () => data(api.POST("/projects/{project_id}/replays/{replay_id}/resume", { params })),
    cancel: () => data(api.POST("/projects/{project_id}/replays/{replay_id}/cancel", { params })),
  };
  return <Progress replay={r} counts={{ "passed over": r.done - r.queued }} turn={(to) => turns[to]()} keys={["replays", scope]} />;
}

/** How far a replay of runs is, and what can be done with it. */
export function RunReplayProgress({ scope, replay: r }: { scope: Scope; replay: RunReplay }) {
  const params = { ...within(scope), path: { project_id: scope.projectId, run_replay_id: r.id } };
  const turns: Record<Turn, () => Promise<unknown>> = {
    pause: () => data(api.POST("/projects/{project_id}/run_replays/{run_replay_id}/pause", { params })),
    resume: () => data(api.POST("/projects/{project_id}/run_replays/{run_replay_id}/resume", { params })),
    cancel: () => data(api.POST("/projects/{project_id}/run_replays/{run_replay_id}/cancel", { params })),
  };
  return <Progress replay={r} counts={{ "passed over": r.done - r.started - r.refused, "could not be": r.refused }} turn={(to) => turns[to]()} keys={["run_replays", scope]} />;
}

interface Props {
  replay: Pick<Replay, "status" | "done" | "total" | "finished_at">;
  /** Of what was looked at, what came to nothing. */
  counts: Record<string, number>;
  turn: (to: Turn) => Promise<unknown>;
  keys: unknown[];
}

function Progress({ replay: r, counts, turn, keys }: Props) {
  const queries = useQueryClient();
  const toast = useToast();
  const turned = useMutation({
    mutationFn: turn,
    onError: (e) => toast.bad("The replay is as it was", e),
    onSettled: () => queries.invalidateQueries({ queryKey: keys }),
  });
  const [tone, word] = tones[r.status];
  return (
    <div className="space-y-2">
      <div className="flex flex-wrap items-center justify-between gap-2">
        <span className="inline-flex flex-wrap items-center gap-2">
          <Badge tone={tone} dot pulse={r.status === "running"}>
            {word}
          </Badge>
          <span className="tabular-nums">
            {r.done.toLocaleString("en")} of {r.total.toLocaleString("en")}
          </span>
          {Object.entries(counts).map(
            ([what, n]) =>
              n > 0 && (
                <span key={what} className="text-[0.8125rem] text-muted">
                  {n.toLocaleString("en")} {what}
                </span>
              ),
          )}
        </span>
        {!r.finished_at && (
          <span className="inline-flex gap-2">
            <Button acts size="sm" busy={turned.isPending} onClick={() => turned.mutate(r.status === "paused" ? "resume" : "pause")}>
              {r.status === "paused" ? "Resume" : "Pause"}
            </Button>
            <Button acts size="sm" variant="dangerGhost" onClick={() => turned.mutate("cancel")}>
              Cancel the replay
            </Button>
          </span>
        )}
      </div>
      <progress aria-label="Progress of the replay" value={progressOf(r)} max={1} className="block h-1.5 w-full overflow-hidden rounded-full [&::-moz-progress-bar]:bg-fill [&::-webkit-progress-bar]:bg-sunken [&::-webkit-progress-value]:bg-fill" />
    </div>
  );
}
