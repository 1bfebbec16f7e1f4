import { useQuery } from "@tanstack/react-query";
import { CircleCheck, CircleDashed } from "lucide-react";
import { useState } from "react";
import { deployWorkflow, readinessQuery } from "@/api/versions";
import type { Schemas, Workflow } from "@/api/types";
import { useScope } from "@/lib/hooks";
import { Async, SkeletonRows } from "../Async";
import { Fold } from "../Json";
import { Dialog, DialogContent } from "../ui/dialog";
import { Field, Input } from "../ui/field";
import { Form, FormActions, useSubmit } from "../ui/form";
import { Changes } from "./Changes";

/** Asks before the draft runs: what changes, how ready it is, and why. */
export function DeployDialog({ workflow: w, close, done }: { workflow: Workflow; close: () => void; done: (next: Workflow) => void }) {
  const scope = useScope();
  const [note, setNote] = useState("");
  const ready = useQuery(readinessQuery(scope, w.id));
  const { busy, error, form } = useSubmit(async () => {
    done(await deployWorkflow(scope, w.id, note.trim()));
    close();
  });
  // What was switched off and has not changed since is only switched on.
  const again = w.version > 0 && !w.active && !w.draft_differs;
  const text = again ? `Its address answers again, and its schedules run, of version ${w.version}.` : w.version === 0 ? "Its address answers from then on, and its schedules run." : "New runs are of the new version. Those that have begun keep theirs, and you can go back at any time.";
  return (
    <Dialog open onOpenChange={(o) => !o && !busy && close()}>
      <DialogContent title={again ? "Enable this workflow?" : w.version === 0 ? "Deploy this workflow?" : "Deploy the draft?"} description={text} className="max-w-lg">
        <Form of={form} className="space-y-4">
          {w.canary && <p className="rounded-md bg-warn-soft px-3 py-2">The trial of version {w.canary.version} ends: all new runs are of what is deployed now.</p>}
          {w.version > 0 && !again && (
            <section className="space-y-1.5">
              <h3 className="font-medium">What changes, from version {w.version}</h3>
              <Changes workflowId={w.id} from={w.version} none="Nothing: the version is kept." />
            </section>
          )}
          <Async query={ready} skeleton={<SkeletonRows rows={2} />}>
            {(r) => <Readiness {...r} />}
          </Async>
          {!again && (
            <Field name="message" label="Why" hint="For whoever reads the versions later.">
              {(ids) => <Input {...ids} value={note} maxLength={500} onChange={(e) => setNote(e.target.value)} placeholder="Retries the payment call" autoComplete="off" />}
            </Field>
          )}
          <FormActions error={error} action={again ? "Enable" : "Deploy"} busy={busy} disabled={false} />
        </Form>
      </DialogContent>
    </Dialog>
  );
}

/** How much of what makes a workflow ready is done, with what is left to do first. */
export function Readiness({ score, checks }: Schemas["WorkflowReadiness"]) {
  const concerned = checks.filter((c) => c.concerns && c.code !== "deployed");
  const left = concerned.filter((c) => !c.done);
  return (
    <section className="space-y-1.5">
      <div className="flex items-center gap-3">
        <h3 className="font-medium">Ready for production</h3>
        <div role="meter" aria-label="Readiness" aria-valuenow={score} aria-valuemin={0} aria-valuemax={100} className="h-1.5 grow overflow-hidden rounded-full bg-sunken">
          <div className={score >= 80 ? "h-full rounded-full bg-good" : "h-full rounded-full bg-warn"} style={{ width: `${score}%` }} />
        </div>
        <span className="tabular-nums text-muted">{score} %</span>
      </div>
      <Fold title={left.length === 0 ? "Everything is done" : `${left.length} of ${concerned.length} left to do`} open={left.length > 0 && left.length <= 3}>
        <ul className="space-y-1 text-[0.8125rem]">
          {[...left, ...concerned.filter((c) => c.done)].map((c) => (
            <li key={c.code} className="flex items-start gap-2">
              {c.done ? <CircleCheck className="mt-0.5 size-4 shrink-0 text-good" aria-hidden /> : <CircleDashed className="mt-0.5 size-4 shrink-0 text-warn" aria-hidden />}
              <span>
                <span className="sr-only">{c.done ? "Done: " : "To do: "}</span>
                {c.text}
              </span>
            </li>
          ))}
        </ul>
      </Fold>
    </section>
  );
}
