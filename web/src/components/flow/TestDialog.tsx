import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { listRuns } from "@/api/calls";
import { api, data } from "@/api/client";
import { within, type Run, type Scope } from "@/api/types";
import { useScope } from "@/lib/hooks";
import { readObject } from "@/lib/json";
import { exact } from "@/lib/time";
import { DefinitionEditor } from "../DefinitionEditor";
import { pretty } from "../Json";
import { Dialog, DialogContent } from "../ui/dialog";
import { Form, FormActions, useSubmit } from "../ui/form";
import { SelectField } from "../ui/select";
import { UserField } from "../UserField";

const example = JSON.stringify({ method: "POST", path: "/", headers: { "content-type": "application/json" }, query: {}, body: { name: "Ada Lovelace", email: "ada@example.com" } }, null, 2);

/** The last events of a workflow, as choices of a select. */
export function useEvents(scope: Scope, workflowId: string) {
  const runs = useQuery({ queryKey: ["runs", scope, { workflow: workflowId, events: true }], queryFn: () => listRuns(scope, { workflow_id: workflowId, limit: 20 }), staleTime: 0, refetchInterval: 5_000 });
  return { known: runs.data?.data ?? [], options: (runs.data?.data ?? []).map((r) => ({ value: r.id, label: `${exact(new Date(r.created_at))}, ${r.test ? "test, " : ""}${r.status.replaceAll("_", " ")}` })) };
}

/** What is tested: all of the draft, the steps up to one, or one alone. */
export interface Wanted {
  upTo?: string;
  only?: boolean;
}

interface Props extends Wanted {
  workflowId: string;
  /** The run whose values are shown, if one was chosen. */
  sample?: string;
  /** An event to begin with, in the place of one of one's own. */
  given?: unknown;
  user: string;
  setUser: (user: string) => void;
  close: () => void;
  began: (run: Run) => void;
}

/** Runs the draft with an event: that of an earlier run, or one that is written here. */
export function TestDialog({ workflowId, upTo, only, sample, given, user, setUser, close, began }: Props) {
  const scope = useScope();
  const { known, options } = useEvents(scope, workflowId);
  const [chosen, setChosen] = useState(given === undefined ? sample : undefined);
  const [text, setText] = useState(given === undefined ? example : pretty(given));
  // One step alone takes what is before it from a run, which thus has to be there.
  const of = chosen ?? (only ? known[0]?.id : undefined) ?? "";
  const { busy, error, form } = useSubmit(async () => {
    let event: Record<string, unknown> | undefined;
    if (!of) event = readObject(text, "The event");
    const body = { ...(of ? { run_id: of } : { event }), ...(user && { external_user_id: user }), ...(upTo && { up_to_step: upTo, ...(only && { from_step: upTo }) }) };
    began(await data(api.POST("/projects/{project_id}/workflows/{workflow_id}/test", { params: { ...within(scope), path: { project_id: scope.projectId, workflow_id: workflowId } }, body })));
    close();
  });
  return (
    <Dialog open onOpenChange={(o) => !o && !busy && close()}>
      <DialogContent title={only ? `Test ${upTo} alone` : upTo ? `Test up to ${upTo}` : "Test the draft"} description="What a test does is done, as in any run: calls to apps are made. It is not tried again, and nobody is told if it fails." className="max-w-xl">
        <Form of={form} className="space-y-4">
          {only && known.length === 0 ? (
            <p className="rounded-md bg-sunken px-3 py-2">A step alone takes from a run what the steps before it brought. There is none yet: test up to here first.</p>
          ) : (
            <SelectField
              name="run_id"
              label={only ? "With what this run had before it" : "Event of"}
              value={of}
              onChange={setChosen}
              options={[...(only ? [] : [{ value: "", label: "One of my own" }]), ...(sample && !options.some((o) => o.value === sample) ? [{ value: sample, label: `The run …${sample.slice(-8)}` }] : []), ...options]}
            />
          )}
          {!of && !only && <DefinitionEditor short name="event" label="Event" hint="JSON, as steps see it under trigger." value={text} onChange={setText} />}
          <UserField value={user} onChange={setUser} hint={of ? "For whom; left empty, for whom that run was." : "For whom; steps use the accounts of this user."} />
          <FormActions error={error} action="Run the test" busy={busy} disabled={Boolean(only) && !of} />
        </Form>
      </DialogContent>
    </Dialog>
  );
}
