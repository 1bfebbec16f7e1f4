import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Gauge, Pencil, Plus } from "lucide-react";
import { useRef, useState } from "react";
import { api, data } from "@/api/client";
import { useScope } from "@/lib/hooks";
import { fullness, quotaKinds, rateWords, refusable, wish, type Limit, type Limits, type Quota, type Wish } from "@/lib/limits";
import { Async, Skeleton } from "./Async";
import { never, useConflict } from "./ChangedMeanwhile";
import { Empty } from "./Empty";
import { ForManagers } from "./ForManagers";
import { Rows, type Column } from "./ListTable";
import { Badge } from "./ui/badge";
import { Button } from "./ui/button";
import { Card } from "./ui/card";
import { Dialog, DialogContent } from "./ui/dialog";
import { Field, Input } from "./ui/field";
import { Form, FormActions, FormError, useSubmit } from "./ui/form";
import { SelectField } from "./ui/select";
import { useToast } from "./ui/toast";

/** What is being changed: a limit, a quota of its own, or one that is to be. */
type Editing = { limit: Limit } | { quota: Quota | undefined };

/** What the project may use, what of it is used, and what it sets itself. */
export function LimitsCard() {
  const { projectId } = useScope();
  const key = ["limits", projectId];
  const limits = useQuery({ queryKey: key, queryFn: async () => (await data(api.GET("/projects/{project_id}/limits", { params: { path: { project_id: projectId } } }))).data, refetchInterval: 60_000 });
  const client = useQueryClient();
  const [editing, setEditing] = useState<Editing>();
  return (
    <Async query={limits} skeleton={<Skeleton className="h-48" />}>
      {(l) => (
        <ForManagers>
          <Card
            title="Quotas of this month"
            text={`${l.plan ? `The workspace's plan is ${l.plan}. ` : ""}At 80 % and at 100 % an event tells of it. They begin anew on ${new Date(l.month_end).toLocaleDateString("en", { month: "long", day: "numeric", timeZone: "UTC" })} (UTC).`}
            flush
            actions={
              <Button size="sm" onClick={() => setEditing({ quota: undefined })}>
                <Plus className="size-3.5" aria-hidden />
                Quota
              </Button>
            }
          >
            {l.quotas.length === 0 ? (
              <Empty icon={Gauge} title="No quotas">
                As much may be used as the limits let through. A quota says how much in a month: it warns you in time, or refuses what is beyond it.
              </Empty>
            ) : <Rows rows={l.quotas} columns={quotaColumns((quota) => setEditing({ quota }))} rowKey={(q) => `${q.of} ${q.kind}`} label="Quotas" />}
          </Card>
          <Card title="Limits" text="What is beyond one is answered with 429 and when to come again. The project's own holds where it is lower." flush>
            <Rows rows={l.limits} columns={limitColumns((limit) => setEditing({ limit }))} rowKey={(x) => x.name} label="Limits" />
          </Card>
          {editing && (
            <EditDialog
              of={editing}
              limits={l}
              close={() => setEditing(undefined)}
              saved={(next) => client.setQueryData(key, next)}
            />
          )}
        </ForManagers>
      )}
    </Async>
  );
}

const change = (what: string, go: () => void) => (
  <Button size="iconSm" variant="ghost" aria-label={`Change ${what}`} onClick={go}>
    <Pencil className="size-3.5" aria-hidden />
  </Button>
);

const quotaColumns = (edit: (q: Quota) => void): Column<Quota>[] => [
  { head: "Of", cell: (q) => <>{quotaKinds[q.kind]} <span className="block text-[0.8125rem] text-muted">{q.of === "project" ? "this project" : "the whole workspace"}</span></> },
  {
    head: "Used",
    cell: (q) => (
      <span className="tabular-nums">
        {q.used.toLocaleString("en")} of {q.most.toLocaleString("en")} {fullness(q) >= 80 && <Badge tone={fullness(q) >= 100 ? "bad" : "warn"}>{fullness(q)} %</Badge>}
      </span>
    ),
  },
  { head: "When it is used up", from: "sm", cell: (q) => (q.at_full === "refuse" ? "what is beyond it is refused" : "an event tells of it") },
  { head: "Change", cell: (q) => q.of === "project" && change(`the quota of ${quotaKinds[q.kind].toLowerCase()}`, () => edit(q)) },
];

const limitColumns = (edit: (l: Limit) => void): Column<Limit>[] => [
  { head: "Limit", cell: (l) => <>{l.title} <span className="block text-[0.8125rem] text-muted">per {l.per}</span></> },
  { head: "Holds", cell: (l) => <span className="tabular-nums">{rateWords(l.rate)}</span> },
  { head: "Of the server", from: "md", cell: (l) => rateWords(l.server) },
  { head: "Of the plan", from: "lg", cell: (l) => (l.plan ? rateWords(l.plan) : "—") },
  { head: "The project's own", from: "sm", cell: (l) => (l.own ? rateWords(l.own) : "—") },
  { head: "Change", cell: (l) => change(`the limit “${l.title}”`, () => edit(l)) },
];

/** Of a project's own the one that is changed, in words. */
function ownOf(all: Wish, of: Parameters<typeof wish>[1]) {
  const rate = all.limits.find((l) => l.name === of.limit?.name)?.rate;
  const quota = all.quotas.find((q) => q.kind === of.quota?.kind);
  return of.limit ? { most_requests: rate ? rateWords(rate) : "" } : { most_in_a_month: quota?.most ?? null, when_it_is_used_up: quota?.at_full ?? null };
}

function EditDialog({ of, limits, close, saved }: { of: Editing; limits: Limits; close: () => void; saved: (l: Limits) => void }) {
  const { projectId } = useScope();
  const toast = useToast();
  const limit = "limit" in of ? of.limit : undefined;
  const old = "quota" in of ? of.quota : undefined;
  const [kind, setKind] = useState<Quota["kind"]>(old?.kind ?? "action_run");
  const [atFull, setAtFull] = useState<Quota["at_full"]>(old?.at_full ?? "warn");
  const [most, setMost] = useState(String(limit?.own?.requests ?? old?.most ?? ""));
  const [seconds, setSeconds] = useState(String(limit?.own?.window_seconds ?? limit?.rate?.window_seconds ?? 60));
  const first = useRef(limits);
  const params = { path: { project_id: projectId } };
  const n = most.trim() === "" ? null : Number(most);
  const change = limit
    ? { limit: { name: limit.name, rate: n === null ? null : { requests: n, window_seconds: Number(seconds) } } }
    : { quota: { kind, most: n, at_full: refusable(kind) ? atFull : ("warn" as const) } };
  // All of a project's own are written at once: the others as they are there.
  const save = async (over = first.current) => {
    saved((await data(api.PUT("/projects/{project_id}/limits", { params: { ...params, query: { unchanged_since: over.updated_at ?? never } }, body: wish(over, change) }))).data);
    toast.good("Changed", "It holds within seconds.");
    close();
  };
  const { guard, dialog } = useConflict<Limits>({
    what: "limit",
    log: { project_id: projectId, action: "project.limits_changed", since: first.current.updated_at ?? undefined },
    own: () => ownOf(wish({ ...first.current, limits: [], quotas: [] }, change), change),
    read: (l) => ownOf(wish(l, {}), change),
    first: () => first.current,
    newest: async () => (await data(api.GET("/projects/{project_id}/limits", { params }))).data,
    mine: save,
    theirs: (now) => {
      saved(now);
      close();
    },
  });
  const { busy, error, form } = useSubmit(() => guard(save));
  const none = "Empty: none of its own.";
  return (
    <Dialog open onOpenChange={(o) => !o && !busy && close()}>
      <DialogContent title={limit ? limit.title : old ? `Quota of ${quotaKinds[old.kind].toLowerCase()}` : "A quota of this project"}>
        <Form of={form} className="space-y-4">
          {limit ? (
            <div className="grid gap-3 sm:grid-cols-2">
              <Field name="requests" label="Most requests" hint={none}>{(ids) => <Input {...ids} type="number" min={1} max={1000000} value={most} onChange={(e) => setMost(e.target.value)} />}</Field>
              <Field name="window_seconds" label="In so many seconds">{(ids) => <Input {...ids} type="number" min={1} max={86400} required value={seconds} onChange={(e) => setSeconds(e.target.value)} />}</Field>
            </div>
          ) : (
            <>
              {!old && <SelectField name="kind" label="Of" value={kind} onChange={(k) => setKind(k as Quota["kind"])} options={Object.entries(quotaKinds).map(([value, label]) => ({ value, label }))} />}
              <Field name="most" label="Most in a month" hint={old ? none : undefined}>{(ids) => <Input {...ids} type="number" min={0} max={1000000000000} required={!old} value={most} onChange={(e) => setMost(e.target.value)} />}</Field>
              {refusable(kind) ? (
                <SelectField name="at_full" label="When it is used up" value={atFull} onChange={(v) => setAtFull(v as Quota["at_full"])} options={[{ value: "warn", label: "an event tells of it" }, { value: "refuse", label: "what is beyond it is refused" }]} />
              ) : (
                <p className="text-[0.8125rem] text-muted">It warns, and refuses nothing: what an app sent would be lost.</p>
              )}
            </>
          )}
          {dialog}
          <FormError error={error} />
          <FormActions action="Save" busy={busy} disabled={!limit && !old && most.trim() === ""} />
        </Form>
      </DialogContent>
    </Dialog>
  );
}
