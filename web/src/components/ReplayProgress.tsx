import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, data } from "@/api/client";
import { within, type Replay, type Scope } from "@/api/types";
import { progressOf } from "@/lib/deliveries";
import { Badge, type Tone } from "./ui/badge";
import { Button } from "./ui/button";
import { useToast } from "./ui/toast";

const tones: Record<Replay["status"], [Tone, string]> = { running: ["info", "Running"], paused: ["warn", "Paused"], finished: ["good", "Finished"], cancelled: ["neutral", "Cancelled"] };

/** How far a replay is, and what can be done with it. */
export function ReplayProgress({ scope, replay: r }: { scope: Scope; replay: Replay }) {
  const queries = useQueryClient();
  const toast = useToast();
  const turn = useMutation({
    mutationFn: (to: "pause" | "resume" | "cancel") => {
      const params = { ...within(scope), path: { project_id: scope.projectId, replay_id: r.id } };
      if (to === "pause") return data(api.POST("/projects/{project_id}/replays/{replay_id}/pause", { params }));
      if (to === "resume") return data(api.POST("/projects/{project_id}/replays/{replay_id}/resume", { params }));
      return data(api.POST("/projects/{project_id}/replays/{replay_id}/cancel", { params }));
    },
    onError: (e) => toast.bad("The replay is as it was", e),
    onSettled: () => queries.invalidateQueries({ queryKey: ["replays", scope] }),
  });
  const [tone, word] = tones[r.status];
  const passed = r.done - r.queued;
  return (
    <div className="space-y-2">
      <div className="flex flex-wrap items-center justify-between gap-2">
        <span className="inline-flex items-center gap-2">
          <Badge tone={tone} dot pulse={r.status === "running"}>
            {word}
          </Badge>
          <span className="tabular-nums">
            {r.done.toLocaleString("en")} of {r.total.toLocaleString("en")}
          </span>
          {passed > 0 && <span className="text-[0.8125rem] text-muted">{passed.toLocaleString("en")} passed over</span>}
        </span>
        {!r.finished_at && (
          <span className="inline-flex gap-2">
            <Button size="sm" busy={turn.isPending} onClick={() => turn.mutate(r.status === "paused" ? "resume" : "pause")}>
              {r.status === "paused" ? "Resume" : "Pause"}
            </Button>
            <Button size="sm" variant="dangerGhost" onClick={() => turn.mutate("cancel")}>
              Cancel the replay
            </Button>
          </span>
        )}
      </div>
      <progress aria-label="Progress of the replay" value={progressOf(r)} max={1} className="block h-1.5 w-full overflow-hidden rounded-full [&::-moz-progress-bar]:bg-fill [&::-webkit-progress-bar]:bg-sunken [&::-webkit-progress-value]:bg-fill" />
    </div>
  );
}
