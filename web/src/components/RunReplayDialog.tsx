import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { runReplayQuery } from "@/api/calls";
import { api, data } from "@/api/client";
import { within, type Schemas, type Scope } from "@/api/types";
import { Ask } from "./Ask";
import { RateField, useRate } from "./RateField";
import { RunReplayProgress } from "./ReplayProgress";
import { Button } from "./ui/button";
import { DialogActions, DialogClose } from "./ui/dialog";
import { Switch } from "./ui/field";
import { Form, FormActions, useSubmit } from "./ui/form";
import { SelectField } from "./ui/select";

interface Props {
  scope: Scope;
  trigger: ReactNode;
  filter: Schemas["RunFilter"];
}

/** Runs again what a filter chooses: counted first, then watched. */
export function RunReplayDialog(props: Props) {
  return (
    <Ask title="Run these events again" description="Each is another run, in the order of their events, and does again what a run does: calls to apps are made once more." trigger={props.trigger}>
      {() => <Body {...props} />}
    </Ask>
  );
}

function Body({ scope, filter }: Props) {
  const queries = useQueryClient();
  const [version, setVersion] = useState("newest");
  const [again, setAgain] = useState(false);
  const rate = useRate(10);
  const [id, setId] = useState<string>();
  const choice = { filter, version, again };
  const count = useQuery({
    queryKey: ["run_replays", scope, "count", choice],
    queryFn: () => data(api.POST("/projects/{project_id}/run_replays/count", { params: within(scope), body: choice })),
    gcTime: 0,
  });
  const replay = useQuery({ ...runReplayQuery(scope, id ?? ""), enabled: id !== undefined });
  const { busy, error, form } = useSubmit(async () => {
    const begun = await data(api.POST("/projects/{project_id}/run_replays", { params: within(scope), body: { ...choice, rate: rate.rate } }));
    queries.setQueryData(runReplayQuery(scope, begun.id).queryKey, begun);
    void queries.invalidateQueries({ queryKey: ["run_replays", scope, "list"] });
    setId(begun.id);
  });
  if (id && replay.data) {
    return (
      <>
        <RunReplayProgress scope={scope} replay={replay.data} />
        <DialogActions>
          <DialogClose asChild>
            <Button>{replay.data.finished_at ? "Close" : "Close; it goes on"}</Button>
          </DialogClose>
        </DialogActions>
      </>
    );
  }
  const total = count.data?.total;
  return (
    <Form of={form} className="space-y-4">
      <SelectField
        name="version"
        label="On the version"
        value={version}
        onChange={setVersion}
        options={[
          { value: "newest", label: "that runs now" },
          { value: "same", label: "that each had" },
        ]}
      />
      <Switch name="again" label="Also what was replayed well" hint="Else only what no replay has brought to a good end." checked={again} onChange={setAgain} />
      <p aria-live="polite">
        {count.error ? (
          <span className="text-bad">{count.error.message}</span>
        ) : total === undefined ? (
          <span className="text-muted">Counting …</span>
        ) : total === 0 ? (
          <span className="text-muted">There is nothing to run again: what has not ended, and tests, are passed over.</span>
        ) : (
          <>
            <strong className="tabular-nums">{total.toLocaleString("en")}</strong> {total === 1 ? "run" : "runs"}
          </>
        )}
      </p>
      <RateField of={rate} hint="What workflows with a queue cannot take waits in it." />
      <FormActions error={error} action={total === undefined ? "Run again" : `Run ${total.toLocaleString("en")} again`} busy={busy} disabled={!total || !rate.sound} />
    </Form>
  );
}
