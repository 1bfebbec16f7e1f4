import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { ofTrigger } from "@/api/components";
import { api, data } from "@/api/client";
import type { Emitter } from "@/api/types";
import { useScope } from "@/lib/hooks";
import { paths } from "@/paths";
import { Confirm } from "./Confirm";
import { Button } from "./ui/button";
import { Dialog, DialogContent, DialogTrigger } from "./ui/dialog";
import { Field, Input } from "./ui/field";
import { Form, FormActions, useSubmit } from "./ui/form";
import { useToast } from "./ui/toast";
import { useTriggerUpdate } from "./useTriggerUpdate";

/** What can be done with a deployed trigger as a whole. */
export function TriggerControls({ trigger: t }: { trigger: Emitter }) {
  const scope = useScope();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const toast = useToast();
  const update = useTriggerUpdate(t, (saved) => saved && toast.good(t.active ? "Paused: it emits nothing until it is resumed" : "Resumed"));
  const [busy, setBusy] = useState(false);
  const flip = async () => {
    setBusy(true);
    try {
      await update.change({ active: !t.active });
    } catch (e) {
      toast.bad(t.active ? "Not paused" : "Not resumed", e);
    } finally {
      setBusy(false);
    }
  };
  const params = ofTrigger(scope, t.external_user_id, t.id);
  return (
    <>
      <Button acts busy={busy} variant={t.active ? "secondary" : "primary"} onClick={() => void flip()}>
        {t.active ? "Pause" : "Resume"}
      </Button>
      {update.dialog}
      <Rename trigger={t} />
      <Confirm
        trigger={<Button variant="dangerGhost">Delete</Button>}
        title="Delete this trigger?"
        text="It stops listening, its webhooks are gone, and what it has at the app is ended. Events that it emitted are kept."
        action="Delete trigger"
        done="Trigger deleted"
        insist={{ code: "hook_failed", action: "Delete it all the same" }}
        act={(force) => data(api.DELETE("/connect/{project_id}/deployed-triggers/{trigger_id}", { params: { ...params, query: { ...params.query, ...(force && { ignore_hook_errors: "true" as const }) } } }))}
        after={() => {
          void navigate(paths.triggers(scope) as never);
          queries.removeQueries({ queryKey: ["triggers", scope, "one", t.id] });
          void queries.invalidateQueries({ queryKey: ["triggers", scope, "list"] });
        }}
      />
    </>
  );
}

function Rename({ trigger: t }: { trigger: Emitter }) {
  const [open, setOpen] = useState(false);
  const [name, setName] = useState(t.name);
  const [seen, setSeen] = useState(t);
  const update = useTriggerUpdate(t, () => setOpen(false));
  const { busy, error, forget, form } = useSubmit(() => update.change({ name: name.trim() }, seen));
  return (
    <Dialog
      open={open}
      onOpenChange={(o) => {
        setOpen(o);
        setName(t.name);
        setSeen(t);
        forget();
      }}
    >
      <DialogTrigger asChild>
        <Button>Rename</Button>
      </DialogTrigger>
      <DialogContent title="Rename the trigger">
        <Form of={form} className="space-y-4">
          <Field name="name" label="Name">{(ids) => <Input {...ids} value={name} onChange={(e) => setName(e.target.value)} maxLength={200} />}</Field>
          <FormActions error={error} action="Rename" busy={busy} disabled={!name.trim()} />
          {update.dialog}
        </Form>
      </DialogContent>
    </Dialog>
  );
}
