import { useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { PencilRuler } from "lucide-react";
import { useState } from "react";
import { api, data } from "@/api/client";
import { within, type Run, type RunDetail, type RunStep } from "@/api/types";
import { useScope } from "@/lib/hooks";
import { paths } from "@/paths";
import { Confirm } from "./Confirm";
import { live } from "./Status";
import { Button } from "./ui/button";
import { Dialog, DialogContent, DialogTrigger } from "./ui/dialog";
import { Form, FormActions, useSubmit } from "./ui/form";
import { SelectField } from "./ui/select";
import { useToast } from "./ui/toast";

/** What can be done with a run: ended, tried again where it failed, or run again as another. */
export function RunActions({ detail: { run: r, steps, input } }: { detail: RunDetail }) {
  const scope = useScope();
  const queries = useQueryClient();
  const toast = useToast();
  const [busy, setBusy] = useState(false);
  const params = { ...within(scope), path: { project_id: scope.projectId, run_id: r.id } };
  const refresh = () => void queries.invalidateQueries({ queryKey: ["runs", scope] });
  const retry = async () => {
    setBusy(true);
    try {
      await data(api.POST("/projects/{project_id}/runs/{run_id}/retry", { params }));
      toast.good("It goes on from the step that failed");
      refresh();
    } catch (e) {
      toast.bad("Not tried again", e);
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      {["retrying", "failed", "dead_lettered"].includes(r.status) && (
        <Button acts variant="primary" busy={busy} onClick={() => void retry()}>
          Try again
        </Button>
      )}
      {input !== null && (
        <Button asChild>
          <Link {...(paths.workflow(scope, r.workflow_id, { sample: r.id }) as { to: string })} title="Opens the workflow's editor with what this run was given, and what became of each step">
            <PencilRuler className="size-4" aria-hidden />
            Build from this event
          </Link>
        </Button>
      )}
      {!live(r) && <Replay run={r} steps={steps} refresh={refresh} />}
      {(live(r) || r.status === "retrying") && (
        <Confirm
          trigger={<Button variant="dangerGhost">Cancel run</Button>}
          title="Cancel this run?"
          text="It ends where it is, and so do the runs that it waits for. What an app has done by then stays done."
          action="Cancel the run"
          done="Run cancelled"
          act={() => data(api.POST("/projects/{project_id}/runs/{run_id}/cancel", { params }))}
          after={refresh}
        />
      )}
    </>
  );
}

/** Runs the event again, as another run. */
function Replay({ run: r, steps, refresh }: { run: Run; steps: RunStep[]; refresh: () => void }) {
  const scope = useScope();
  const navigate = useNavigate();
  const [open, setOpen] = useState(false);
  const [version, setVersion] = useState("newest");
  const [from, setFrom] = useState("");
  const { busy, error, form } = useSubmit(async () => {
    const again = await data(
      api.POST("/projects/{project_id}/runs/{run_id}/replay", {
        params: { ...within(scope), path: { project_id: scope.projectId, run_id: r.id } },
        body: { version, ...(from && { from_step: from }) },
      }),
    );
    setOpen(false);
    refresh();
    void navigate(paths.run(scope, again.id) as never);
  });
  const begun = steps.filter((s) => !s.path.includes("/") && s.status !== "pending").map((s) => s.name);
  return (
    <Dialog open={open} onOpenChange={(o) => !busy && setOpen(o)}>
      <DialogTrigger asChild>
        <Button>Replay</Button>
      </DialogTrigger>
      <DialogContent title="Run this event again?" description="It is another run, and does again what a run does: calls to apps are made once more.">
        <Form of={form} className="space-y-4">
          <SelectField name="version" label="On the version" value={version} onChange={setVersion} options={[{ value: "newest", label: "that runs now" }, { value: "same", label: `that it had (${r.version})` }]} />
          <SelectField name="from_step" label="From the step" value={from} onChange={setFrom} options={[{ value: "", label: "the first" }, ...begun.map((value) => ({ value, label: value }))]} hint={from ? "What was recorded of earlier steps is kept." : undefined} />
          <FormActions error={error} action="Run it again" busy={busy} disabled={false} />
        </Form>
      </DialogContent>
    </Dialog>
  );
}
