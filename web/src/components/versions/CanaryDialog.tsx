import { useState, type ReactNode } from "react";
import { setRunning } from "@/api/versions";
import type { Workflow } from "@/api/types";
import { useScope } from "@/lib/hooks";
import { Dialog, DialogContent, DialogTrigger } from "../ui/dialog";
import { Field, Input } from "../ui/field";
import { Form, FormActions, useSubmit } from "../ui/form";

/** Gives a version a share of the new runs, beside the one that runs. */
export function CanaryDialog({ workflow: w, version, trigger, done }: { workflow: Workflow; version: number; trigger: ReactNode; done: (next: Workflow) => void }) {
  const scope = useScope();
  const [open, setOpen] = useState(false);
  const now = w.canary?.version === version ? w.canary.percent : 10;
  const [share, setShare] = useState(String(now));
  const percent = Number(share);
  const good = Number.isInteger(percent) && percent >= 1 && percent <= 99;
  const { busy, error, forget, form } = useSubmit(async () => {
    if (!good) return;
    done(await setRunning(scope, w, { version: w.version, canary: { version, percent } }));
    setOpen(false);
  });
  return (
    <Dialog
      open={open}
      onOpenChange={(o) => {
        if (busy) return;
        setOpen(o);
        setShare(String(now));
        forget();
      }}
    >
      <DialogTrigger asChild>{trigger}</DialogTrigger>
      <DialogContent title={`Try version ${version} on a share of the runs?`} description={`The others stay with version ${w.version}. Which runs they are is drawn by lot, and a run keeps its version to its end, whatever is tried again.`}>
        <Form of={form} className="space-y-4">
          {w.canary && w.canary.version !== version && <p className="rounded-md bg-warn-soft px-3 py-2">The trial of version {w.canary.version} ends.</p>}
          <Field name="percent" label="Share of the new runs" hint="Per cent, from 1 to 99." error={good ? undefined : "A whole number from 1 to 99."}>
            {(ids) => (
              <div className="flex items-center gap-3">
                <input type="range" aria-label="Share" min={1} max={99} value={good ? percent : 1} onChange={(e) => setShare(e.target.value)} className="grow accent-(--accent)" />
                <Input {...ids} type="number" min={1} max={99} value={share} onChange={(e) => setShare(e.target.value)} className="w-20" />
              </div>
            )}
          </Field>
          <FormActions error={error} action={`Give it ${good ? percent : "…"} %`} busy={busy} disabled={!good} />
        </Form>
      </DialogContent>
    </Dialog>
  );
}
