import { useQuery } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { projectsQuery, scopesQuery } from "@/api/calls";
import { api, data } from "@/api/client";
import type { APIKey, Client, PublishedScope } from "@/api/types";
import { changes } from "@/lib/conflict";
import { covers, slim } from "@/lib/scopes";
import { Async } from "./Async";
import { useConflict } from "./ChangedMeanwhile";
import { Dialog, DialogContent } from "./ui/dialog";
import { Checkbox, Field, Input } from "./ui/field";
import { Form, FormActions, Refused, useSubmit } from "./ui/form";

type Kind = "client" | "key";
type Environment = Client["environments"][number];

interface Props {
  kind: Kind;
  /** What is changed; undefined makes a new one. */
  old?: Client | APIKey;
  /** The project that a new one is bound to at first. */
  projectId: string;
  open: boolean;
  setOpen: (o: boolean) => void;
  done: (c: Client | APIKey) => void;
}

/** Makes or changes an API client or a key. A new one may do little, in the project that one is looking at. */
export function ClientForm(props: Props) {
  const scopes = useQuery(scopesQuery);
  const word = props.kind === "client" ? "API client" : "API key";
  return (
    <Dialog open={props.open} onOpenChange={props.setOpen}>
      <DialogContent title={props.old ? `Change ${props.old.name}` : `New ${word}`} className="max-w-xl">
        <Async query={scopes}>{({ data: all }) => <Fields {...props} all={all} word={word} />}</Async>
      </DialogContent>
    </Dialog>
  );
}

function Fields({ kind, old, projectId, setOpen, done, all, word }: Props & { all: PublishedScope[]; word: string }) {
  const [name, setName] = useState(old?.name ?? "");
  const [chosen, setChosen] = useState(old?.scopes ?? all.filter((s) => s.default).map((s) => s.name));
  const [projects, setProjects] = useState(old?.project_ids ?? [projectId]);
  const [everyProject, setEveryProject] = useState(old ? old.project_ids.length === 0 : false);
  const [environments, setEnvironments] = useState<Environment[]>(old?.environments ?? []);
  const [requests, setRequests] = useState(old?.rate_limit ? String(old.rate_limit.requests) : "");
  const [seconds, setSeconds] = useState(String(old?.rate_limit?.window_seconds ?? 60));
  const [expires, setExpires] = useState("");
  const first = useRef(old);
  const body = (): Body => ({
    name: name.trim(),
    scopes: chosen,
    project_ids: everyProject ? [] : projects,
    environments,
    rate_limit: requests ? { requests: Number(requests), window_seconds: Number(seconds) || 60 } : null,
  });
  const change = () => changes(first.current ? bodyOf(first.current) : ({} as Body), body());
  const save = async (since = first.current?.updated_at) => {
    done(await (old && since ? update(kind, old.id, change(), since) : create(kind, body(), expires)));
    setOpen(false);
  };
  const { guard, dialog } = useConflict<Client | APIKey>({
    what: word,
    log: { subject: old?.id, since: first.current?.updated_at },
    own: change,
    read: bodyOf,
    first: () => first.current,
    newest: () => find(kind, old!.id),
    mine: (now) => save(now.updated_at),
    theirs: (now) => {
      done(now);
      setOpen(false);
    },
  });
  const { busy, error, form } = useSubmit(() => guard(save));
  return (
    <Form of={form} className="space-y-4">
      <Field name="name" label="Name" hint="Where it is used, for example “backend, production”.">
        {(ids) => <Input {...ids} value={name} onChange={(e) => setName(e.target.value)} required maxLength={120} autoComplete="off" />}
      </Field>
      <ProjectChoice chosen={projects} change={setProjects} every={everyProject} setEvery={setEveryProject} />
      <fieldset>
        <legend className="mb-1 font-medium">Environments</legend>
        <div className="flex gap-4">
          {(["development", "production"] as const).map((e) => (
            <Checkbox
              key={e}
              label={e}
              checked={environments.length === 0 || environments.includes(e)}
              onChange={(on) => setEnvironments(on ? [] : e === "development" ? ["production"] : ["development"])}
            />
          ))}
        </div>
        <Refused name="environments" />
      </fieldset>
      <ScopeTree all={all} chosen={chosen} change={setChosen} />
      <div className="grid gap-3 sm:grid-cols-2">
        <Field name="rate_limit.requests rate_limit rate" label="Most requests" hint="Empty: as many as the installation lets everybody make.">
          {(ids) => <Input {...ids} type="number" min={1} max={1000000} value={requests} onChange={(e) => setRequests(e.target.value)} />}
        </Field>
        <Field name="rate_limit.window_seconds" label="In so many seconds">{(ids) => <Input {...ids} type="number" min={1} max={86400} value={seconds} onChange={(e) => setSeconds(e.target.value)} />}</Field>
      </div>
      {kind === "key" && !old && (
        <Field name="expires_at" label="Good until" hint="Empty: until it is revoked.">
          {(ids) => <Input {...ids} type="date" value={expires} onChange={(e) => setExpires(e.target.value)} />}
        </Field>
      )}
      {dialog}
      <FormActions error={error} action={old ? "Save" : `Create ${word}`} busy={busy} disabled={!name.trim() || chosen.length === 0 || (!everyProject && projects.length === 0)} />
    </Form>
  );
}

type Body = { name: string; scopes: string[]; project_ids: string[]; environments: Environment[]; rate_limit: Client["rate_limit"] };

const bodyOf = (c: Client | APIKey): Body => ({ name: c.name, scopes: c.scopes, project_ids: c.project_ids, environments: c.environments, rate_limit: c.rate_limit });

function create(kind: Kind, body: Body, expires: string): Promise<Client | APIKey> {
  if (kind === "client") return data(api.POST("/clients", { body }));
  return data(api.POST("/api_keys", { body: { ...body, expires_at: expires ? new Date(`${expires}T23:59:59`).toISOString() : null } }));
}

/** A limit is taken away by a limit of none. */
function update(kind: Kind, id: string, change: Partial<Body>, since: string): Promise<Client | APIKey> {
  const body = "rate_limit" in change ? { ...change, rate_limit: change.rate_limit ?? { requests: 0, window_seconds: 60 } } : change;
  const query = { unchanged_since: since };
  if (kind === "client") return data(api.PATCH("/clients/{client_id}", { params: { path: { client_id: id }, query }, body }));
  return data(api.PATCH("/api_keys/{api_key_id}", { params: { path: { api_key_id: id }, query }, body }));
}

/** One of them as it is now; keys are only listed. */
async function find(kind: Kind, id: string): Promise<Client | APIKey> {
  if (kind === "client") return data(api.GET("/clients/{client_id}", { params: { path: { client_id: id } } }));
  const key = (await data(api.GET("/api_keys"))).data.find((k) => k.id === id);
  if (!key) throw new Error("The key was revoked meanwhile.");
  return key;
}

function ProjectChoice({ chosen, change, every, setEvery }: { chosen: string[]; change: (ids: string[]) => void; every: boolean; setEvery: (on: boolean) => void }) {
  const projects = useQuery(projectsQuery);
  return (
    <fieldset>
      <legend className="mb-1 font-medium">Projects</legend>
      <div className="max-h-40 space-y-1.5 overflow-y-auto rounded-md border border-line p-3" tabIndex={0} role="group" aria-label="Projects">
        <Checkbox label="All projects, also those to come" checked={every} onChange={setEvery} />
        <Async query={projects}>
          {({ data: rows }) => (
            <div className="grid gap-1.5 sm:grid-cols-2">
              {rows.map((p) => (
                <Checkbox
                  key={p.id}
                  label={p.name}
                  checked={every || chosen.includes(p.id)}
                  disabled={every}
                  onChange={(on) => change(on ? [...chosen, p.id] : chosen.filter((id) => id !== p.id))}
                />
              ))}
            </div>
          )}
        </Async>
      </div>
      <Refused name="project_ids" />
    </fieldset>
  );
}

/** The scopes by group, each below the one that covers it. */
function ScopeTree({ all, chosen, change }: { all: PublishedScope[]; chosen: string[]; change: (scopes: string[]) => void }) {
  const groups = [...new Set(all.map((s) => s.group))];
  const toggle = (scope: string) => (on: boolean) => change(slim(on ? [...chosen, scope] : chosen.filter((s) => s !== scope)));
  return (
    <fieldset>
      <legend className="mb-1 font-medium">
        Scopes <span className="font-normal text-muted">({chosen.length === 0 ? "choose at least one" : chosen.join(", ")})</span>
      </legend>
      <div className="max-h-64 space-y-3 overflow-y-auto rounded-md border border-line p-3" tabIndex={0} role="group" aria-label="Scopes">
        {groups.map((group) => (
          <div key={group} role="group" aria-label={group}>
            <div className="mb-1 text-xs text-muted">{group}</div>
            <div className="grid gap-1.5 sm:grid-cols-2">
              {all
                .filter((s) => s.group === group)
                .map((s) => {
                  const covered = chosen.some((w) => covers(w, s.name));
                  return <Checkbox key={s.name} label={s.name} hint={s.description} checked={covered || chosen.includes(s.name)} disabled={covered} onChange={toggle(s.name)} />;
                })}
            </div>
          </div>
        ))}
      </div>
      <Refused name="scopes" />
    </fieldset>
  );
}
