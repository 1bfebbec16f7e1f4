import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { listEndpoints, replayQuery } from "@/api/calls";
import { api, data } from "@/api/client";
import { within, type DeliveryFilter, type Scope } from "@/api/types";
import { Ask } from "./Ask";
import { RateField, useRate } from "./RateField";
import { ReplayProgress } from "./ReplayProgress";
import { Button } from "./ui/button";
import { DialogActions, DialogClose } from "./ui/dialog";
import { Switch } from "./ui/field";
import { Form, FormActions, useSubmit } from "./ui/form";
import { SelectField } from "./ui/select";

interface Props {
  scope: Scope;
  trigger: ReactNode;
  filter: DeliveryFilter;
  /** What the filter chooses, in words. */
  what: string;
  /** Whether their events may be sent to another endpoint, too, that they never went to. */
  anywhere?: boolean;
}

/** Sends again what a filter chooses: counted first, then watched. */
export function ReplayDialog(props: Props) {
  return (
    <Ask title="Send again" description={`Each keeps its webhook-id unless you choose otherwise, so that a receiver that has seen it can tell. ${props.what}`} trigger={props.trigger}>
      {() => <Body {...props} />}
    </Ask>
  );
}

function Body({ scope, filter, anywhere }: Props) {
  const queries = useQueryClient();
  const rate = useRate(50);
  const [target, setTarget] = useState("");
  const [again, setAgain] = useState(false);
  const [newIds, setNewIds] = useState(false);
  const [id, setId] = useState<string>();
  const endpoints = useQuery({ queryKey: ["endpoints", scope, "all"], queryFn: () => listEndpoints(scope, { limit: 100 }), enabled: anywhere === true });
  const places = [{ value: "", label: "Where each went" }, ...(endpoints.data?.data ?? []).map((e) => ({ value: e.id, label: e.description || e.url }))];
  const { event_id, event_type, external_user_id, since, until } = filter;
  const choice = target ? { filter: { event_id, event_type, external_user_id, since, until }, to_endpoint_id: target, again } : { filter };
  const count = useQuery({
    queryKey: ["replays", scope, "count", choice],
    queryFn: () => data(api.POST("/projects/{project_id}/replays/count", { params: within(scope), body: choice })),
    gcTime: 0,
  });
  const replay = useQuery({ ...replayQuery(scope, id ?? ""), enabled: id !== undefined });
  const { busy, error, form } = useSubmit(async () => {
    const started = await data(api.POST("/projects/{project_id}/replays", { params: within(scope), body: { ...choice, ...(newIds && { new_ids: true }), rate: rate.rate } }));
    queries.setQueryData(replayQuery(scope, started.id).queryKey, started);
    void queries.invalidateQueries({ queryKey: ["replays", scope, "list"] });
    setId(started.id);
  });
  if (id && replay.data) {
    return (
      <>
        <ReplayProgress scope={scope} replay={replay.data} />
        <DialogActions>
          <DialogClose asChild>
            <Button>Close; it goes on</Button>
          </DialogClose>
        </DialogActions>
      </>
    );
  }
  const total = count.data?.total;
  return (
    <Form of={form} className="space-y-4">
      {places.length > 1 && (
        <SelectField name="to_endpoint_id" label="Send to" value={target} onChange={setTarget} options={places} hint={target ? "From the events, also what never went there. Of the filter, state, answer, class and endpoint are left out of account." : undefined} />
      )}
      {target && <Switch name="again" label="Also what has arrived there" hint="Else only what has not." checked={again} onChange={setAgain} />}
      <Switch name="new_ids" label="With new ids" hint="For a receiver that passes over a webhook-id it has seen. The event’s own stands in x-patchbay-replay-of." checked={newIds} onChange={setNewIds} />
      <p aria-live="polite">
        {count.error ? <span className="text-bad">{count.error.message}</span> : total === undefined ? <span className="text-muted">Counting …</span> : <Total n={total} rate={rate.sound ? rate.rate : undefined} />}
      </p>
      <RateField of={rate} hint="What the receiver cannot take waits, as ever." />
      <FormActions error={error} action={total === undefined ? "Send again" : `Send ${total.toLocaleString("en")} again`} busy={busy} disabled={!total || !rate.sound} />
    </Form>
  );
}

function Total({ n, rate }: { n: number; rate?: number }) {
  if (n === 0) return <span className="text-muted">There is nothing to send.</span>;
  const seconds = rate && Math.ceil(n / rate);
  return (
    <>
      <strong className="tabular-nums">{n.toLocaleString("en")}</strong> {n === 1 ? "delivery" : "deliveries"}
      {seconds && seconds > 1 ? <span className="text-muted">, in about {seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`}</span> : null}
    </>
  );
}
