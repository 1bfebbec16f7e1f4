import { useQueryClient } from "@tanstack/react-query";
import { RotateCw } from "lucide-react";
import { api, data } from "@/api/client";
import { within, type Run, type RunStatus, type Schemas } from "@/api/types";
import { useScope } from "@/lib/hooks";
import { Confirm } from "./Confirm";
import { RunReplayDialog } from "./RunReplayDialog";
import { Button } from "./ui/button";

type Filter = Omit<Schemas["RunFilter"], "statuses"> & { status?: RunStatus };

const unfinished: Run["status"][] = ["queued", "running", "waiting", "retrying"];

/** What can be done with all runs of a filter. */
export function RunsActions({ filter }: { filter: Filter }) {
  const scope = useScope();
  const queries = useQueryClient();
  const refresh = () => void queries.invalidateQueries({ queryKey: ["runs", scope] });
  const { status, ...rest } = filter;
  const chosen: Schemas["RunFilter"] = { ...rest, ...(status && { statuses: [status] }) };
  const words = Object.keys(chosen).length > 0 ? "all that match" : "all";
  const params = within(scope);
  /** Until there are no others: each call takes so many. */
  const every = (act: () => Promise<{ more: boolean }>) => async () => {
    while ((await act()).more);
  };
  const body = { filter: chosen };
  return (
    <>
      {status === "dead_lettered" && (
        <>
          <Confirm
            trigger={<Button variant="dangerGhost">Discard</Button>}
            title={`Discard ${words}?`}
            text="They have failed for good, and nobody is told of them any more. They stay in the list of runs, and each can still be tried again from its page."
            action="Discard"
            done="Discarded"
            act={every(() => data(api.POST("/projects/{project_id}/runs/discard", { params, body })))}
            after={refresh}
          />
          <Confirm
            mild
            trigger={<Button variant="primary">Try again</Button>}
            title={`Try ${words} again?`}
            text="Each goes on from the step that failed, with what was recorded of earlier steps and on the version that it had."
            action="Try again"
            done="They go on"
            act={every(() => data(api.POST("/projects/{project_id}/runs/requeue", { params, body })))}
            after={refresh}
          />
        </>
      )}
      {(!status || unfinished.includes(status)) && (
        <Confirm
          trigger={<Button variant="dangerGhost">Cancel</Button>}
          title={`Cancel ${words}?`}
          text="Runs that have not ended end where they are, and so do the runs that they wait for. What apps have done by then stays done."
          action="Cancel the runs"
          done="Runs cancelled"
          act={every(() => data(api.POST("/projects/{project_id}/runs/cancel", { params, body })))}
          after={refresh}
        />
      )}
      {!(status && unfinished.includes(status)) && (
        <RunReplayDialog
          scope={scope}
          filter={chosen}
          trigger={
            <Button>
              <RotateCw className="size-4" aria-hidden />
              Replay
            </Button>
          }
        />
      )}
    </>
  );
}
