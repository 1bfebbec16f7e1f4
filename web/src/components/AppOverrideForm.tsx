import { useQuery } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { listOAuthApps } from "@/api/calls";
import { api, data } from "@/api/client";
import type { App, AppOverride } from "@/api/types";
import { askedFields } from "@/lib/catalog";
import { useScope } from "@/lib/hooks";
import { AppName } from "./AppIcon";
import { AppPicker } from "./AppPicker";
import { useConflict } from "./ChangedMeanwhile";
import { Field, Input } from "./ui/field";
import { Form, FormActions, useSubmit } from "./ui/form";
import { Select } from "./ui/select";

/** What an app is to be connected with, whoever connects it. It lives in a dialog, which empties it by closing. */
export function AppOverrideForm({ override, saved }: { override?: AppOverride; saved: () => void }) {
  const { projectId } = useScope();
  const [app, setApp] = useState<App | undefined>(override?.app);
  const [name, setName] = useState(override?.name ?? "");
  const [client, setClient] = useState(override?.oauth_app_id ?? "");
  const [fields, setFields] = useState<Record<string, string>>(override?.cfmap ?? {});
  const first = useRef(override); // what was read when the form was opened, whatever is read since
  const body = () => ({ name: name.trim(), oauth_app_id: client || null, cfmap: Object.fromEntries(Object.entries(fields).filter(([, v]) => v.trim() !== "")) });
  const path = { project_id: projectId, app_override_id: override?.id ?? "" };
  const update = (since = first.current?.updated_at) =>
    data(api.PUT("/connect/{project_id}/app_overrides/{app_override_id}", { params: { path, query: { unchanged_since: since } }, body: body() }));
  const { guard, dialog } = useConflict<AppOverride>({
    what: "app override",
    log: { project_id: projectId, subject: override?.id, since: override?.updated_at },
    whole: true,
    own: body,
    read: ({ name, oauth_app_id, cfmap }) => ({ name, oauth_app_id, cfmap }),
    first: () => undefined, // all of it is written: what somebody else set is not merged into it
    newest: () => data(api.GET("/connect/{project_id}/app_overrides/{app_override_id}", { params: { path } })),
    mine: (now) => update(now.updated_at).then(saved),
    theirs: saved,
  });
  const { busy, error, form } = useSubmit(() =>
    guard(async () => {
      if (override) await update();
      else await data(api.POST("/connect/{project_id}/app_overrides", { params: { path: { project_id: projectId } }, body: { ...body(), app: app?.name_slug ?? "" } }));
      saved();
    }),
  );
  return (
    <Form of={form} className="space-y-4">
      {override ? (
        <AppName app={override.app} />
      ) : (
        <AppPicker
          value={app}
          onChange={(a) => {
            setApp(a);
            setClient("");
            setFields({});
          }}
        />
      )}
      <Field name="name" label="Name" hint="For your team. No other app override has it.">
        {(ids) => <Input {...ids} value={name} onChange={(e) => setName(e.target.value)} required maxLength={120} autoComplete="off" />}
      </Field>
      {app && <Settable key={app.name_slug} app={app} fields={fields} onFields={setFields} client={client} onClient={setClient} />}
      <FormActions error={error} action={override ? "Save" : "Add app override"} busy={busy} disabled={!app || !name.trim()} />
      {dialog}
    </Form>
  );
}

interface SettableProps {
  app: App;
  fields: Record<string, string>;
  onFields: (f: Record<string, string>) => void;
  client: string;
  onClient: (id: string) => void;
}

/** The fields of an app that hold no secret, by whichever way it is connected, and the clients of the project for it. */
function Settable({ app, fields, onFields, client, onClient }: SettableProps) {
  const { projectId } = useScope();
  const filter = { app: app.name_slug, limit: 100 };
  const clients = useQuery({ queryKey: ["oauth_apps", projectId, "all", filter], queryFn: () => listOAuthApps(projectId, filter), enabled: app.auth_type === "oauth" });
  const every = [app.custom_fields_json, ...(app.auth_methods ?? []).map((m) => m.custom_fields_json)].flatMap(askedFields);
  const secret = new Set(every.filter((f) => f.type === "password").map((f) => f.name));
  const settable = [...new Map(every.map((f) => [f.name, f])).values()].filter((f) => !secret.has(f.name));
  const options = (clients.data?.data ?? []).map((o) => ({ value: o.id, label: `${o.name} (${o.client_id})` }));
  return (
    <>
      {settable.map((f) => (
        <Field key={f.name} name={`cfmap.${f.name}`} label={f.label} hint={f.description ? `${f.description} Empty, users are asked.` : "Empty, users are asked."}>
          {(ids) => <Input {...ids} value={fields[f.name] ?? ""} onChange={(e) => onFields({ ...fields, [f.name]: e.target.value })} maxLength={5000} autoComplete="off" spellCheck={false} />}
        </Field>
      ))}
      {options.length > 0 && (
        <div className="space-y-1">
          <div className="font-medium">OAuth client</div>
          <Select label="OAuth client" className="w-full" value={client} onChange={onClient} options={[{ value: "", label: "Whichever the token or link names" }, ...options]} />
        </div>
      )}
      {settable.length === 0 && options.length === 0 && <p className="text-muted">{app.name} asks users for nothing that could be set here, and has no OAuth client yet.</p>}
    </>
  );
}
