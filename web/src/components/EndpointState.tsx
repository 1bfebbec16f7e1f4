import { useState } from "react";
import { api, data } from "@/api/client";
import { within, type Endpoint } from "@/api/types";
import { cn } from "@/lib/cn";
import { reason } from "@/lib/endpoints";
import { useScope } from "@/lib/hooks";
import { Time } from "./Time";
import { Badge } from "./ui/badge";
import { Button } from "./ui/button";
import { Choice } from "./ui/choice";
import { Dialog, DialogContent, DialogTrigger } from "./ui/dialog";
import { Form, FormActions, useSubmit } from "./ui/form";
import { useToast } from "./ui/toast";

const tones = { active: "good", paused: "warn", disabled: "bad" } as const;

export function EndpointBadge({ endpoint: e }: { endpoint: Pick<Endpoint, "status"> }) {
  return (
    <Badge tone={tones[e.status]} dot>
      {e.status === "active" ? "Active" : e.status === "paused" ? "Paused" : "Disabled"}
    </Badge>
  );
}

/** The events that an endpoint hears of. */
export function Hears({ types }: { types: string[] }) {
  if (types.length === 1 && types[0] === "*") return <>everything but platform events</>;
  return (
    <span className="inline-flex flex-wrap gap-x-2 gap-y-0.5">
      {types.map((t) => (
        <code key={t} className="break-all text-xs">
          {t}
        </code>
      ))}
    </span>
  );
}

/** How an endpoint is, and why nothing is sent to it. */
export function EndpointWhy({ endpoint: e }: { endpoint: Endpoint }) {
  if (e.status === "active") return <span className="text-muted">{e.last_success_at ? <Time row at={e.last_success_at} /> : "nothing sent yet"}</span>;
  return (
    <span className="text-muted">
      {reason(e)}
      {e.status === "paused" && e.paused_until && (
        <>
          ; tried again <Time row at={e.paused_until} />
        </>
      )}
    </span>
  );
}

/** Why an endpoint is not sent to, what becomes of its deliveries, and the way on. */
export function EndpointTrouble({ endpoint: e, changed }: { endpoint: Endpoint; changed: (e: Endpoint) => void }) {
  if (e.status === "active") return null;
  const waiting = e.waiting ?? 0;
  return (
    <section role="status" className={cn("rounded-md border px-3 py-2.5", e.status === "disabled" ? "border-bad/30 bg-bad-soft" : "border-warn/30 bg-warn-soft")}>
      <p className={cn("font-medium", e.status === "disabled" ? "text-bad" : "text-warn")}>{e.status === "disabled" ? "Nothing is sent to this endpoint" : "The receiver is left alone for a while"}</p>
      <p className="mt-1">
        {e.status === "disabled" && `It was disabled: ${reason(e)}. `}
        {e.failing_since && (
          <>
            It has been failing since <Time at={e.failing_since} />.{" "}
          </>
        )}
        {e.status === "paused" && e.paused_until && (
          <>
            One delivery tries again <Time at={e.paused_until} />; when it arrives, all that waited follow.{" "}
          </>
        )}
        {waiting > 0 ? `${waiting > 10_000 ? "More than 10,000" : waiting.toLocaleString("en")} ${waiting === 1 ? "delivery waits" : "deliveries wait"}; none is lost or used up meanwhile.` : "Nothing waits for it."}
      </p>
      <div className="mt-2.5">
        <EnableDialog endpoint={e} changed={changed} />
      </div>
    </section>
  );
}

function EnableDialog({ endpoint: e, changed }: { endpoint: Endpoint; changed: (e: Endpoint) => void }) {
  const scope = useScope();
  const toast = useToast();
  const [open, setOpen] = useState(false);
  const [waiting, setWaiting] = useState("drain");
  const { busy, error, form } = useSubmit(async () => {
    const params = { ...within(scope), path: { project_id: scope.projectId, endpoint_id: e.id } };
    changed(await data(api.POST("/projects/{project_id}/endpoints/{endpoint_id}/enable", { params, body: { waiting: waiting === "drain" ? "drain" : "discard" } })));
    setOpen(false);
    toast.good("Endpoint enabled");
  });
  return (
    <Dialog open={open} onOpenChange={setOpen}>
      <DialogTrigger asChild>
        <Button size="sm">It works again: enable…</Button>
      </DialogTrigger>
      <DialogContent title="Enable the endpoint?" description="It is sent to as if nothing had been heard of its receiver.">
        <Form of={form} className="space-y-3">
          <div className="font-medium">What becomes of the deliveries that wait?</div>
          <Choice label="Deliveries that wait" value={waiting} onChange={setWaiting} options={[{ value: "drain", label: "Send them" }, { value: "discard", label: "Discard them" }]} />
          <p className="text-[0.8125rem] text-muted">{waiting === "drain" ? "The oldest first, as fast as the receiver and its settings allow." : "They are not sent. Each can still be sent by hand."}</p>
          <FormActions error={error} action={waiting === "drain" ? "Enable and send" : "Enable and discard"} variant={waiting === "drain" ? "primary" : "danger"} busy={busy} disabled={false} />
        </Form>
      </DialogContent>
    </Dialog>
  );
}
