import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, data } from "@/api/client";
import { within, type TriggerOrphan } from "@/api/types";
import { useScope } from "@/lib/hooks";
import { Confirm } from "./Confirm";
import { Time } from "./Time";
import { Button } from "./ui/button";
import { Card } from "./ui/card";
import { useToast } from "./ui/toast";

/** What may be left at apps of triggers that are gone. There is nothing to see while there is none. */
export function TriggerOrphans() {
  const scope = useScope();
  const orphans = useQuery({
    queryKey: ["trigger_orphans", scope],
    queryFn: () => data(api.GET("/connect/{project_id}/trigger_orphans", { params: within(scope) })).then((b) => b.data),
    refetchInterval: 30_000,
  });
  if (!orphans.data || orphans.data.length === 0) return null;
  return (
    <Card title="Left behind at apps" text="Subscriptions of triggers that are gone, which could not be ended. They lead nowhere, and are tried again for two weeks." flush>
      <ul aria-label="Left behind at apps" className="divide-y divide-line">
        {orphans.data.map((o) => (
          <Orphan key={o.id} orphan={o} />
        ))}
      </ul>
    </Card>
  );
}

function Orphan({ orphan: o }: { orphan: TriggerOrphan }) {
  const scope = useScope();
  const queries = useQueryClient();
  const toast = useToast();
  const [busy, setBusy] = useState(false);
  const params = { ...within(scope), path: { project_id: scope.projectId, orphan_id: o.id } };
  const changed = () => void queries.invalidateQueries({ queryKey: ["trigger_orphans"] });
  const retry = async () => {
    setBusy(true);
    try {
      await data(api.POST("/connect/{project_id}/trigger_orphans/{orphan_id}/retry", { params }));
      toast.good("It is ended at the app");
    } catch (e) {
      toast.bad("It could not be ended", e);
    } finally {
      setBusy(false);
      changed();
    }
  };
  return (
    <li className="flex flex-wrap items-start justify-between gap-3 px-4 py-2.5">
      <div className="min-w-0">
        <p>
          <span className="font-medium break-all">{o.component_key}</span> <span className="text-muted">of {o.external_user_id ?? "a user who is gone"}{o.unsure && ", if it is there at all"}</span>
        </p>
        {o.error && <p className="break-words text-muted">{o.error}</p>}
        <p className="text-[0.8125rem] text-muted">
          {o.attempts === 1 ? "Tried once" : `Tried ${o.attempts} times`}
          {o.next_at ? (
            <>
              , again <Time at={o.next_at} />
            </>
          ) : (
            ", and not any more"
          )}
        </p>
      </div>
      <div className="flex gap-2">
        <Button acts size="sm" busy={busy} onClick={() => void retry()} aria-label={`End ${o.component_key} now`}>
          End it now
        </Button>
        <Confirm
          trigger={
            <Button size="sm" variant="dangerGhost" aria-label={`Forget ${o.component_key}`}>
              Forget
            </Button>
          }
          title="Take it off the list?"
          text="What is at the app stays there, and is not tried again. Somebody can end it in the app itself."
          action="Take it off the list"
          done="It is off the list"
          act={() => data(api.DELETE("/connect/{project_id}/trigger_orphans/{orphan_id}", { params }))}
          after={changed}
        />
      </div>
    </li>
  );
}
