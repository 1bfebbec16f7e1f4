import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { api, data } from "@/api/client";
import type { components } from "@/api/schema.gen";
import { within } from "@/api/types";
import { useDraft } from "@/lib/draft";
import { useScope } from "@/lib/hooks";
import { never, useConflict } from "./ChangedMeanwhile";
import { Time } from "./Time";
import { Badge } from "./ui/badge";
import { Button } from "./ui/button";
import { Field, Input, inputStyle, Switch } from "./ui/field";
import { Form, FormError, useSubmit } from "./ui/form";
import { SelectField } from "./ui/select";
import { useToast } from "./ui/toast";

export type Intake = components["schemas"]["TriggerIntake"];
type Input_ = components["schemas"]["TriggerIntakeInput"];

/** What a form of settings holds: texts, as they are typed. */
interface Draft {
  scheme: string;
  secrets: string;
  token: string;
  dedupe: boolean;
  idAt: string;
  window: string;
  split: boolean;
  path: string;
  itemId: string;
  itemKey: string;
  filter: string;
  maxWaiting: string;
  maxBody: string;
  answers: boolean;
  status: string;
  contentType: NonNullable<components["schemas"]["InboundResponse"]["content_type"]>;
  answer: string;
  expectEvery: string;
  hearsApp: string;
}

const answerTypes = ["text/plain", "application/json", "application/xml", "text/xml"].map((value) => ({ value, label: value }));

const text = (n: number | null | undefined) => (n ? String(n) : "");

export function draftOf(i: Intake): Draft {
  const d = i.dedupe;
  return {
    scheme: i.verification?.scheme ?? "",
    secrets: "",
    token: "",
    dedupe: d !== null,
    idAt: d?.header ? `header ${d.header}` : d?.query ? `query ${d.query}` : d?.json ? d.json : (d?.expression ?? ""),
    window: text(d?.window_seconds),
    split: i.split !== null,
    path: i.split?.path ?? "",
    itemId: i.split?.id ?? "",
    itemKey: i.split?.key ?? "",
    filter: i.filter ?? "",
    maxWaiting: text(i.max_waiting),
    maxBody: text(i.max_body),
    answers: i.response !== null,
    status: text(i.response?.status),
    contentType: i.response?.content_type ?? "text/plain",
    answer: i.response?.body ?? "",
    expectEvery: text(i.expect_every),
    hearsApp: i.hears_app ?? "",
  };
}

/** Where an id is: `header Name`, `query name`, a pointer that begins with a slash, or else an expression. */
export function placeOf(at: string): components["schemas"]["TriggerDedupe"] {
  const word = /^(header|query)\s+(\S+)$/.exec(at.trim());
  if (word?.[1] === "header") return { header: word[2] };
  if (word) return { query: word[2] };
  if (at.trim().startsWith("/")) return { json: at.trim() };
  return at.trim() ? { expression: at.trim() } : {};
}

/** The settings that a draft asks for; what the form does not show stays as it was. */
export function inputOf(d: Draft, was: Intake): Input_ {
  const out: Input_ = {};
  const secrets = d.secrets.split("\n").map((s) => s.trim()).filter(Boolean);
  if (d.scheme) {
    out.verification = { scheme: d.scheme, ...(secrets.length && { secrets }), ...(d.token && { token: d.token }) };
    if (was.verification?.scheme === d.scheme) {
      if (was.verification.custom) out.verification.custom = was.verification.custom;
      if (was.verification.tolerance) out.verification.tolerance = was.verification.tolerance;
    }
  }
  if (d.dedupe) out.dedupe = { ...placeOf(d.idAt), ...(d.window && { window_seconds: Number(d.window) }) };
  if (d.split) out.split = { path: d.path, ...(d.itemId && { id: d.itemId }), ...(d.itemKey && { key: d.itemKey }) };
  if (d.filter) out.filter = d.filter;
  if (d.maxBody) out.max_body = Number(d.maxBody);
  if (d.answers) out.response = { ...(d.status && { status: Number(d.status) }), content_type: d.contentType, ...(d.answer && { body: d.answer }) };
  if (d.maxWaiting) out.max_waiting = Number(d.maxWaiting);
  if (d.expectEvery) out.expect_every = Number(d.expectEvery);
  if (d.hearsApp) out.hears_app = d.hearsApp;
  return out;
}

const nothing = { verification: null, dedupe: null, split: null, filter: null, max_body: null, max_waiting: null, response: null, expect_every: null, hears_app: null };

interface Props {
  intake: Intake;
  /** Writes it where nobody has since, and says what is there then. */
  put: (body: Input_, since: string) => Promise<Intake>;
  newest: () => Promise<Intake>;
  /** Shows what is there. */
  show: (now: Intake) => unknown;
  /** Whose it is: some settings are a trigger's only, and waiting means something else. */
  of: { triggerId: string; user: string } | "workflow";
}

/** How an address takes its requests, to be changed. */
export function IntakeForm({ intake, put, newest, show, of }: Props) {
  const scope = useScope();
  const toast = useToast();
  const { draft, set, first, take } = useDraft(intake, draftOf);
  const schemes = useQuery({ queryKey: ["inbound-schemes"], queryFn: () => data(api.GET("/inbound_schemes")), staleTime: Infinity });
  const theirs = (now: Intake) => {
    take(now);
    show(now);
  };
  const save = async (since = first.set_at) => {
    theirs(await put(inputOf(draft, first), since ?? never));
    toast.good("Saved: it holds from the next request on");
  };
  const said = (d: Draft, was: Intake) => ({ ...nothing, ...inputOf({ ...d, secrets: "", token: "" }, was) }); // secrets are shown nowhere
  const { guard, dialog } = useConflict<Intake>({
    what: "way requests are taken",
    log: { project_id: scope.projectId, action: of === "workflow" ? "workflow.intake_changed" : "trigger.intake_changed" },
    whole: true,
    own: () => said(draft, first),
    read: (i) => said(draftOf(i), i),
    first: () => undefined, // all of it is written
    newest,
    mine: (now) => save(now.set_at),
    theirs,
  });
  const { busy, error, form } = useSubmit(() => guard(save));
  const row = schemes.data?.data.find((s) => s.name === draft.scheme);
  const options = [{ value: "", label: "Nobody: any caller is taken" }, ...(schemes.data?.data ?? []).map((s) => ({ value: s.name, label: s.title }))];
  if (draft.scheme === "custom") options.push({ value: "custom", label: "A scheme of your own (set by the API)" });
  const kept = intake.verification?.scheme === draft.scheme ? intake.verification : null;
  const line = (label: string, name: string, key: keyof Draft, hint: ReactNode, placeholder = "", number = false) => (
    <Field name={name} label={label} hint={hint}>
      {(ids) => <Input {...ids} value={String(draft[key])} inputMode={number ? "numeric" : undefined} placeholder={placeholder} onChange={(e) => set({ [key]: number ? e.target.value.replace(/\D/g, "") : e.target.value })} />}
    </Field>
  );

  return (
    <Form of={form} className="space-y-4">
      <SelectField name="verification.scheme verification.custom verification.tolerance" label="Who signs the requests" value={draft.scheme} onChange={(scheme) => set({ scheme })} options={options} />
      {draft.scheme && (
        <Field name="verification.secrets" label={row?.ask ?? "Secret"} hint={kept?.secrets_set ? `${kept.secrets_set} set. What is typed here takes their place; one in each line, while one is being replaced.` : row?.keeps_secret ? "The provider sends it by itself; leave this empty." : "One in each line. It is never shown again."}>
          {(ids) => <textarea {...ids} rows={2} autoComplete="off" spellCheck={false} value={draft.secrets} onChange={(e) => set({ secrets: e.target.value })} className={`${inputStyle} h-auto py-1.5 font-mono text-[0.8125rem]`} />}
        </Field>
      )}
      {kept?.kept_secret && (
        <p className="text-muted">
          The provider sent <code className="break-all">{kept.kept_secret}</code>. Give it back where it asks for it.
        </p>
      )}
      {row?.wants_token && line("Verify token", "verification.token", "token", kept?.token_set ? "One is set." : "The word that you also type at the provider.")}
      <Switch label="Take the same event once" hint="A provider that is not sure sends again, under the same id." checked={draft.dedupe} onChange={(dedupe) => set({ dedupe })} />
      {draft.dedupe && (
        <div className="grid gap-3 sm:grid-cols-2">
          {line("Where the id is", "dedupe.header dedupe.query dedupe.json dedupe.expression", "idAt", row?.dedupes ? "Empty: as the provider says. Else header X-Id, query id, /pointer or an expression." : "header X-Id, query id, /pointer or an expression.", "header X-Event-Id")}
          {line("For how long, in seconds", "dedupe.window_seconds", "window", "Ten minutes if it is empty.", "600", true)}
        </div>
      )}
      <Switch label="Take requests apart" hint="Each item of a list in the body becomes an event of its own." checked={draft.split} onChange={(split) => set({ split })} />
      {draft.split && (
        <div className="grid gap-3 sm:grid-cols-3">
          {line("Where the list is", "split.path", "path", "Empty: the body is the list.", "/events")}
          {line("Id of an item", "split.id", "itemId", "A pointer into the item.", "/id")}
          {line("What an item belongs to", "split.key", "itemKey", "A pointer into the item.", "/order/id")}
        </div>
      )}
      {line("Only when", "filter", "filter", "A condition, as in workflows. What it does not hold of is not stored.", 'trigger.body.type == "order.paid"')}
      {of !== "workflow" && <TryFilter {...of} filter={draft.filter} />}
      <div className="grid gap-3 sm:grid-cols-2">
        {line("Most that may wait", "max_waiting", "maxWaiting", of === "workflow" ? "Runs that have not ended. Above that, callers are told to come later (429)." : "Deliveries. Above that, callers are told to come later (429).", "10000", true)}
        {line("Largest request, in bytes", "max_body", "maxBody", "524288, 512 KiB, if it is empty.", "524288", true)}
        {of !== "workflow" && line("Expect an event every … seconds", "expect_every", "expectEvery", "Silence is told of.", "3600", true)}
        {of !== "workflow" && line("Hears an app", "hears_app", "hearsApp", "What the app sends for this user to its shared address.", "slack")}
      </div>
      <Switch label="Answer in words of your own" hint={of === "workflow" ? "Without it callers are told what became of the request. A respond step goes before." : "Without it callers are told what became of the request."} checked={draft.answers} onChange={(answers) => set({ answers })} />
      {draft.answers && (
        <div className="grid gap-3 sm:grid-cols-3">
          {line("Status", "response.status", "status", "From 200 to 299.", "200", true)}
          <SelectField name="response.content_type" label="Type" value={draft.contentType} onChange={(contentType) => set({ contentType: contentType as Draft["contentType"] })} options={answerTypes} />
          {line("Body", "response.body", "answer", "Empty: none.", "ok")}
        </div>
      )}
      <FormError error={error} />
      <Button type="submit" variant="primary" busy={busy}>
        Save
      </Button>
      {dialog}
    </Form>
  );
}

/** What a condition says of the last events. */
function TryFilter({ triggerId, user, filter }: { triggerId: string; user: string; filter: string }) {
  const scope = useScope();
  const tried = useQuery({
    queryKey: ["try-filter", triggerId, filter],
    enabled: false,
    retry: false,
    queryFn: () => data(api.POST("/connect/{project_id}/deployed-triggers/{trigger_id}/intake/try_filter", { params: { ...within(scope), path: { project_id: scope.projectId, trigger_id: triggerId }, query: { external_user_id: user } }, body: { filter } })),
  });
  return (
    <div className="space-y-2">
      <Button type="button" size="sm" variant="secondary" disabled={!filter || tried.isFetching} onClick={() => void tried.refetch()}>
        Try it with the last events
      </Button>
      {tried.error && <p className="text-bad">{tried.error.message}</p>}
      {tried.data?.data.length === 0 && <p className="text-muted">Nothing has come yet.</p>}
      {tried.data && tried.data.data.length > 0 && (
        <ul aria-label="What the condition says" className="space-y-1">
          {tried.data.data.map((t) => (
            <li key={t.id} className="flex flex-wrap items-center gap-2">
              {t.error ? <Badge tone="bad">Cannot be told</Badge> : t.holds ? <Badge tone="good">Taken</Badge> : <Badge>Dropped</Badge>}
              <Time at={new Date(t.ts).toISOString()} />
              {t.error && <span className="text-muted">{t.error}</span>}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
