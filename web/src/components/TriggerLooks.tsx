import { useState } from "react";
import { useQuery } from "@tanstack/react-query";
import { api, data } from "@/api/client";
import { ofTrigger } from "@/api/components";
import type { Emitter, TriggerLook } from "@/api/types";
import { useScope } from "@/lib/hooks";
import { dropText, kindText, lookText } from "@/lib/looks";
import { Async } from "./Async";
import { Fold, Json } from "./Json";
import { RunLog } from "./RunLog";
import { Time } from "./Time";
import { Card } from "./ui/card";

/** The last times that a trigger looked or was called, and why what it found was no event. */
export function TriggerLooks({ trigger: t }: { trigger: Emitter }) {
  const scope = useScope();
  const looks = useQuery({
    queryKey: ["triggers", scope, "looks", t.id],
    queryFn: () => data(api.GET("/connect/{project_id}/deployed-triggers/{trigger_id}/looks", { params: ofTrigger(scope, t.external_user_id, t.id) })).then((b) => b.data),
    refetchInterval: 5_000,
  });
  if (looks.data?.length === 0) return null;
  return (
    <Card title="Last looks" text="What was found each time, and why some of it became no event." flush>
      <Async query={looks}>
        {(all) => (
          <ol aria-label="Last looks" className="max-h-96 divide-y divide-line overflow-y-auto" tabIndex={0}>
            {all.map((l, i) => (
              <Look key={l.id ?? `${l.at} ${i}`} trigger={t} look={l} />
            ))}
          </ol>
        )}
      </Async>
    </Card>
  );
}

function Look({ trigger: t, look: l }: { trigger: Emitter; look: TriggerLook }) {
  return (
    <li className="px-4 py-2">
      <p className="flex flex-wrap items-baseline justify-between gap-x-3">
        <span>
          <span className="text-muted">{kindText[l.kind]}:</span> <span className={l.error ? "text-bad" : undefined}>{lookText(l)}</span>
        </span>
        <span className="text-[0.8125rem] text-muted">
          <Time at={l.at} />
        </span>
      </p>
      {l.error && <p className="break-words">{l.error}</p>}
      {l.dropped.map((d) => (
        <p key={d.reason} className="break-words text-muted">
          {dropText(d)}
          {d.ids.length > 0 && (
            <>
              : <code className="text-[0.8125rem] break-all">{d.ids.join(", ")}</code>
              {d.count > d.ids.length && " …"}
            </>
          )}
        </p>
      ))}
      {l.id && <Logged trigger={t} lookId={l.id} />}
    </li>
  );
}

/** What a component that is code wrote and exported in a look. It is fetched when it is asked for. */
function Logged({ trigger: t, lookId }: { trigger: Emitter; lookId: string }) {
  const scope = useScope();
  const [open, setOpen] = useState(false);
  const log = useQuery({
    queryKey: ["triggers", scope, "look", lookId],
    enabled: open,
    staleTime: Infinity,
    queryFn: () => {
      const of = ofTrigger(scope, t.external_user_id, t.id);
      return data(api.GET("/connect/{project_id}/deployed-triggers/{trigger_id}/looks/{look_id}", { params: { ...of, path: { ...of.path, look_id: lookId } } })).then((b) => b.data);
    },
  });
  return (
    <Fold title="What it logged" onOpen={setOpen}>
      {open && (
        <Async query={log}>
          {(d) => (
            <div className="space-y-2">
              {d.os.length > 0 && <RunLog lines={d.os} />}
              {d.omitted > 0 && <p className="text-muted">{d.omitted.toLocaleString("en")} more lines were left out.</p>}
              {d.exports && (d.exports.omitted === "" ? <Json value={d.exports.text} what="exports" /> : <p className="text-muted">What it exported was too long to be kept.</p>)}
            </div>
          )}
        </Async>
      )}
    </Fold>
  );
}
