import { useRef, useState } from "react";
import { api, data } from "@/api/client";
import { within, type Endpoint } from "@/api/types";
import { changes } from "@/lib/conflict";
import { bodyOf, draftOf, fault, type Draft } from "@/lib/endpoints";
import { useScope } from "@/lib/hooks";
import { useConflict } from "./ChangedMeanwhile";
import { Fold } from "./Json";
import { Choice } from "./ui/choice";
import { Checkbox, Field, Input, inputStyle, Switch } from "./ui/field";
import { Form, FormActions, Refused, useSubmit } from "./ui/form";

const area = `${inputStyle} h-auto py-1.5 font-mono text-[0.8125rem]`;

interface Props {
  /** Changes this one; without it a new one is made. */
  endpoint?: Endpoint;
  saved: (e: Endpoint) => void;
}

/** All that can be said of an endpoint. It lives in a dialog, which empties it by closing. */
export function EndpointForm({ endpoint, saved }: Props) {
  const scope = useScope();
  const first = useRef(endpoint);
  const [draft, setDraft] = useState(() => draftOf(endpoint));
  const set = (change: Partial<Draft>) => setDraft({ ...draft, ...change });
  const wrong = fault(draft);
  // What was not touched here stays as somebody else may have set it meanwhile.
  const change = () => changes(bodyOf(draftOf(first.current)), bodyOf(draft));
  const save = async (unchanged_since = first.current?.updated_at) => {
    if (wrong) return;
    if (endpoint) {
      saved(await data(api.PATCH("/projects/{project_id}/endpoints/{endpoint_id}", { params: { ...of(endpoint), query: { unchanged_since } }, body: change() })));
      return;
    }
    const body = bodyOf(draft);
    saved(await data(api.POST("/projects/{project_id}/endpoints", { params: within(scope), body: { ...body, headers: body.headers as Record<string, string> } })));
  };
  const of = (e: Endpoint) => ({ ...within(scope), path: { project_id: scope.projectId, endpoint_id: e.id } });
  const { guard, dialog } = useConflict<Endpoint>({
    what: "endpoint",
    log: { project_id: scope.projectId, subject: endpoint?.id, since: first.current?.updated_at },
    // Secrets are shown to nobody, and replace only what they name.
    own: () => ({ ...change(), headers: undefined, client_certificate: undefined }),
    read: (e) => ({ ...bodyOf(draftOf(e)) }),
    first: () => first.current,
    newest: () => data(api.GET("/projects/{project_id}/endpoints/{endpoint_id}", { params: of(endpoint!) })),
    mine: (now) => save(now.updated_at),
    theirs: (now) => {
      first.current = now;
      setDraft(draftOf(now));
    },
  });
  const { busy, error, form } = useSubmit(() => guard(save));
  return (
    <Form of={form} className="space-y-4">
      <Field name="url" label="URL" hint="Answer with 2xx in time; anything else, a redirect too, is tried again.">
        {(ids) => <Input {...ids} type="url" required maxLength={2000} placeholder="https://app.example.com/hooks/patchbay" value={draft.url} onChange={(e) => set({ url: e.target.value })} />}
      </Field>
      <Field name="description" label="Description (optional)" hint="For your team.">
        {(ids) => <Input {...ids} maxLength={500} value={draft.description} onChange={(e) => set({ description: e.target.value })} autoComplete="off" />}
      </Field>
      <Field name="event_types" label="Event types" hint="One a line: a type, or the beginning of some with a star, such as ACCOUNT_*. A star alone is everything but the platform events, which are heard of by name or by ENDPOINT_* and the like.">
        {(ids) => <textarea {...ids} required rows={3} value={draft.types} onChange={(e) => set({ types: e.target.value })} spellCheck={false} className={area} />}
      </Field>
      <div className="space-y-1">
        <div className="font-medium">Payload</div>
        <Choice label="Payload" value={draft.payload} onChange={(v) => set({ payload: v as Draft["payload"] })} options={[{ value: "raw", label: "As it is" }, { value: "envelope", label: "In an envelope" }]} />
        <p className="text-[0.8125rem] text-muted">An envelope has type, id, timestamp, environment, subject_id and external_user_id, and the event as data.</p>
        <Refused name="payload" />
      </div>
      <Field name="inline_limit" label="Largest payload in KiB (optional)" hint="What is larger is sent as payload_reference: a link that is good for 24 hours, with size and SHA-256. Empty: all is sent itself.">
        {(ids) => <Input {...ids} type="number" min={0} max={65_536} step="any" value={draft.inlineLimit} onChange={(e) => set({ inlineLimit: e.target.value })} />}
      </Field>
      <fieldset className="space-y-2">
        <legend className="font-medium">Signatures</legend>
        <Checkbox label="x-pd-signature" hint="t=<seconds>,v1=<hex>, as Connect clients check it." checked={draft.connect} onChange={(connect) => set({ connect })} />
        <Checkbox label="webhook-signature" hint="As the libraries of Standard Webhooks check it." checked={draft.standard} onChange={(standard) => set({ standard })} />
        <Refused name="signatures" />
      </fieldset>
      <Fold title="Pace, order and retries">
        <Pace draft={draft} set={set} />
      </Fold>
      <Fold title="Headers and client certificate">
        <Secrets draft={draft} set={set} endpoint={endpoint} />
      </Fold>
      {dialog}
      <FormActions error={wrong ?? error} action={endpoint ? "Save endpoint" : "Add endpoint"} busy={busy} disabled={!draft.url.trim() || wrong !== undefined} />
    </Form>
  );
}

interface PartProps {
  draft: Draft;
  set: (change: Partial<Draft>) => void;
}

function Pace({ draft, set }: PartProps) {
  return (
    <div className="space-y-4">
      <div className="grid gap-4 sm:grid-cols-2">
        <Field name="timeout_ms" label="Timeout in seconds" hint="For all of a request and its answer: 1 to 30.">
          {(ids) => <Input {...ids} type="number" min={1} max={30} step="any" required value={draft.timeout} onChange={(e) => set({ timeout: e.target.value })} />}
        </Field>
        <Field name="concurrency" label="At once" hint="Deliveries under way at a time: 1 to 64.">
          {(ids) => <Input {...ids} type="number" min={1} max={64} required value={draft.concurrency} onChange={(e) => set({ concurrency: e.target.value })} />}
        </Field>
        <Field name="rate_per_second" label="A second" hint="Empty: as fast as the receiver answers.">
          {(ids) => <Input {...ids} type="number" min={0.01} max={10_000} step="any" value={draft.rate} onChange={(e) => set({ rate: e.target.value })} />}
        </Field>
        <Field name="burst" label="Burst" hint="How many may go at once after a rest. Empty: what a second brings.">
          {(ids) => <Input {...ids} type="number" min={1} max={10_000} value={draft.burst} onChange={(e) => set({ burst: e.target.value })} disabled={!draft.rate} />}
        </Field>
      </div>
      <Switch name="retries" label="Try again after a failure" hint="Else a delivery is sent once, and a failure is a dead letter at once." checked={draft.retries} onChange={(retries) => set({ retries })} />
      {draft.retries && <Field name="retry_waits" label="Retries" hint="Seconds to wait after each failure, up to 20 of them, such as 10, 60, 600. Empty: 10 s, 30 s, 2 min, 10 min, 30 min, 2 h, 6 h, 12 h.">
        {(ids) => <Input {...ids} value={draft.waits} onChange={(e) => set({ waits: e.target.value })} autoComplete="off" className="font-mono" />}
      </Field>}
      <div className="space-y-1">
        <div className="font-medium">Order</div>
        <Choice
          label="Order"
          value={draft.ordering}
          onChange={(v) => set({ ordering: v as Draft["ordering"] })}
          options={[{ value: "none", label: "None" }, { value: "user", label: "By user" }, { value: "subject", label: "By account or trigger" }, { value: "field", label: "By a field" }]}
        />
        <p className="text-[0.8125rem] text-muted">In order, one delivery of each user, of each account or trigger, or of each value of the field is under way at a time, and one that fails holds up those behind it.</p>
        <Refused name="ordering" />
      </div>
      {draft.ordering === "field" && (
        <Field name="ordering_path" label="Place of the field" hint="A JSON pointer into the body of events. A body that has none there is delivered in no order.">
          {(ids) => <Input {...ids} required maxLength={200} placeholder="/body/customer/id" value={draft.orderingPath} onChange={(e) => set({ orderingPath: e.target.value })} autoComplete="off" className="font-mono" />}
        </Field>
      )}
      {draft.ordering !== "none" && (
        <div className="space-y-1">
          <div className="font-medium">When one is given up</div>
          <Choice label="When one is given up" value={draft.onExhausted} onChange={(v) => set({ onExhausted: v as Draft["onExhausted"] })} options={[{ value: "block", label: "Those behind it wait" }, { value: "skip", label: "Those behind it go on" }]} />
          <Refused name="on_exhausted" />
        </div>
      )}
    </div>
  );
}

function Secrets({ draft, set, endpoint }: PartProps & { endpoint?: Endpoint }) {
  const certificate = endpoint?.client_certificate;
  return (
    <div className="space-y-4">
      {endpoint?.headers.map((name) => (
        <Checkbox
          key={name}
          label={`Remove ${name}`}
          hint="Its value is stored encrypted and never shown."
          checked={draft.without.includes(name)}
          onChange={(on) => set({ without: on ? [...draft.without, name] : draft.without.filter((n) => n !== name) })}
        />
      ))}
      <Field name="headers" label={endpoint?.headers.length ? "Headers to add or replace" : "Headers"} hint="Sent along with each delivery: a name, a colon and a value, one a line. Stored encrypted and never shown again.">
        {(ids) => <textarea {...ids} rows={2} value={draft.headers} onChange={(e) => set({ headers: e.target.value })} placeholder="Authorization: Bearer …" spellCheck={false} autoComplete="off" className={area} />}
      </Field>
      {certificate && <Checkbox label="Remove the client certificate" hint={certificate.subject} checked={draft.withoutCertificate} onChange={(withoutCertificate) => set({ withoutCertificate })} />}
      <Field name="client_certificate.certificate client_certificate" label="Client certificate" hint="PEM with its chain, for receivers that ask who calls (mTLS).">
        {(ids) => <textarea {...ids} rows={2} value={draft.certificate} onChange={(e) => set({ certificate: e.target.value })} placeholder="-----BEGIN CERTIFICATE-----" spellCheck={false} autoComplete="off" className={area} />}
      </Field>
      <Field name="client_certificate.key" label="Its key" hint="PEM, without a passphrase. Stored encrypted and never shown again.">
        {(ids) => <textarea {...ids} rows={2} value={draft.key} onChange={(e) => set({ key: e.target.value })} placeholder="-----BEGIN PRIVATE KEY-----" spellCheck={false} autoComplete="off" className={area} />}
      </Field>
    </div>
  );
}
