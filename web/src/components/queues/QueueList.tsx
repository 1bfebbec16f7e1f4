import { useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Pause, Play } from "lucide-react";
import { useState } from "react";
import { clearQueue, pauseQueue, resumeQueue } from "@/api/queues";
import type { Schemas } from "@/api/types";
import { useScope } from "@/lib/hooks";
import { paths } from "@/paths";
import { Ask } from "../Ask";
import { Confirm } from "../Confirm";
import { Time } from "../Time";
import { Badge } from "../ui/badge";
import { Button } from "../ui/button";
import { Field, Input } from "../ui/field";
import { Form, FormActions, useSubmit } from "../ui/form";
import { useToast } from "../ui/toast";
import { QueueKeys } from "./QueueKeys";

type Queue = Schemas["RunQueue"];

/** What waits of each workflow, and what can be done with it. */
export function QueueList({ queues }: { queues: Queue[] }) {
  return (
    <ul aria-label="Queues" className="divide-y divide-line">
      {queues.map((q) => (
        <Row key={q.workflow_id} queue={q} />
      ))}
    </ul>
  );
}

function Count({ label, value, tone }: { label: string; value: number; tone?: string }) {
  return (
    <div className="min-w-14">
      <dt className="text-xs text-muted">{label}</dt>
      <dd className={`tabular-nums ${value > 0 ? (tone ?? "") : "text-muted"}`}>{value.toLocaleString("en")}</dd>
    </div>
  );
}

function Row({ queue: q }: { queue: Queue }) {
  const scope = useScope();
  const queries = useQueryClient();
  const [open, setOpen] = useState(false);
  const refresh = () => {
    void queries.invalidateQueries({ queryKey: ["queues"] });
    void queries.invalidateQueries({ queryKey: ["runs"] });
  };
  return (
    <li className="px-4 py-3">
      <div className="flex flex-wrap items-start gap-x-6 gap-y-3">
        <div className="min-w-48 grow basis-0">
          <div className="flex flex-wrap items-center gap-2">
            <Link {...(paths.workflow(scope, q.workflow_id) as { to: string })} className="break-words font-medium hover:underline underline-offset-4">
              {q.workflow_name}
            </Link>
            {q.paused_at && <Badge tone="warn">Paused</Badge>}
            {q.blocked > 0 && <Badge tone="bad">Held up</Badge>}
          </div>
          <p className="text-[0.8125rem] text-muted">
            {q.paused_at ? (
              <>
                Since <Time at={q.paused_at} />
                {q.paused_because && `: ${q.paused_because}`}
              </>
            ) : q.oldest_at ? (
              <>
                The oldest waits since <Time at={q.oldest_at} />
              </>
            ) : (
              "Nothing waits."
            )}
          </p>
        </div>
        <dl className="flex gap-4">
          <Count label="Waiting" value={q.waiting} />
          <Count label="Under way" value={q.running} tone="text-info" />
          <Count label="Failed, in the way" value={q.blocked} tone="text-bad" />
        </dl>
        <div className="flex flex-wrap gap-2">
          <Button size="sm" variant="ghost" aria-expanded={open} aria-label={`Keys of ${q.workflow_name}`} onClick={() => setOpen(!open)}>
            Keys
          </Button>
          {q.waiting > 0 && <ClearDialog queue={q} after={refresh} />}
          {q.paused_at ? <Resume queue={q} after={refresh} /> : <PauseDialog queue={q} after={refresh} />}
        </div>
      </div>
      {open && <QueueKeys workflowId={q.workflow_id} after={refresh} />}
    </li>
  );
}

function Resume({ queue: q, after }: { queue: Queue; after: () => void }) {
  const scope = useScope();
  return (
    <Confirm
      trigger={
        <Button size="sm">
          <Play className="size-3.5" aria-hidden />
          Go on
        </Button>
      }
      title={`Go on with ${q.workflow_name}?`}
      text={q.waiting === 0 ? "New runs begin again." : `${q.waiting === 1 ? "The run that waits begins" : `The ${q.waiting.toLocaleString("en")} runs that wait begin`}, in their order and within the workflow’s limits.`}
      action="Go on"
      mild
      done={`${q.workflow_name} goes on`}
      act={() => resumeQueue(scope, q.workflow_id)}
      after={after}
    />
  );
}

function PauseDialog({ queue: q, after }: { queue: Queue; after: () => void }) {
  return (
    <Ask
      title={`Pause ${q.workflow_name}?`}
      description="No more of its runs begin; what comes in waits and is kept. Runs that have begun go on to their end, so that the workflow drains."
      trigger={
        <Button size="sm">
          <Pause className="size-3.5" aria-hidden />
          Pause
        </Button>
      }
    >
      {(close) => <PauseForm queue={q} close={close} after={after} />}
    </Ask>
  );
}

interface FormProps {
  queue: Queue;
  close: () => void;
  after: () => void;
}

function PauseForm({ queue: q, close, after }: FormProps) {
  const scope = useScope();
  const toast = useToast();
  const [reason, setReason] = useState("");
  const { busy, error, form } = useSubmit(async () => {
    await pauseQueue(scope, q.workflow_id, reason.trim());
    close();
    toast.good(`${q.workflow_name} is paused`);
    after();
  });
  return (
    <Form of={form} className="space-y-4">
      <Field name="reason" label="Why" hint="For whoever finds it paused.">
        {(ids) => <Input {...ids} value={reason} maxLength={500} onChange={(e) => setReason(e.target.value)} placeholder="The CRM is being moved" autoComplete="off" />}
      </Field>
      <FormActions error={error} action="Pause" busy={busy} disabled={false} />
    </Form>
  );
}

function ClearDialog({ queue: q, after }: { queue: Queue; after: () => void }) {
  return (
    <Ask
      title={`Cancel what waits of ${q.workflow_name}?`}
      description="Runs that have not begun end as cancelled, the oldest first. They stay in the list of runs, from where they can be replayed."
      trigger={
        <Button size="sm" variant="dangerGhost">
          Clear…
        </Button>
      }
    >
      {(close) => <ClearForm queue={q} close={close} after={after} />}
    </Ask>
  );
}

function ClearForm({ queue: q, close, after }: FormProps) {
  const scope = useScope();
  const toast = useToast();
  const [user, setUser] = useState("");
  const [trigger, setTrigger] = useState("");
  const narrowed = user.trim() !== "" || trigger.trim() !== "";
  const { busy, error, form } = useSubmit(async () => {
    const { canceled, more } = await clearQueue(scope, q.workflow_id, { ...(user.trim() && { external_user_id: user.trim() }), ...(trigger.trim() && { trigger: trigger.trim() }) });
    close();
    toast.good(`${canceled.toLocaleString("en")} ${canceled === 1 ? "run is" : "runs are"} cancelled`, more ? "There are others: clear again." : undefined);
    after();
  });
  return (
    <Form of={form} className="space-y-4">
      <Field name="external_user_id" label="Only of the user" hint="Your own id; left empty, of all.">
        {(ids) => <Input {...ids} value={user} maxLength={250} onChange={(e) => setUser(e.target.value)} autoComplete="off" spellCheck={false} />}
      </Field>
      <Field name="trigger" label="Only of the trigger" hint="Its name; left empty, of all.">
        {(ids) => <Input {...ids} value={trigger} maxLength={63} onChange={(e) => setTrigger(e.target.value)} autoComplete="off" spellCheck={false} />}
      </Field>
      <FormActions error={error} action={narrowed ? "Cancel those runs" : `Cancel all that wait`} variant="danger" busy={busy} disabled={false} />
    </Form>
  );
}
