import { useQuery } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { appQuery } from "@/api/calls";
import { api, data } from "@/api/client";
import type { App, OAuthApp } from "@/api/types";
import { askedFields, scopeLines } from "@/lib/catalog";
import { changes } from "@/lib/conflict";
import { useScope } from "@/lib/hooks";
import { AppName } from "./AppIcon";
import { AppPicker } from "./AppPicker";
import { useConflict } from "./ChangedMeanwhile";
import { Field, Input, inputStyle } from "./ui/field";
import { Form, FormActions, useSubmit } from "./ui/form";
import { Select } from "./ui/select";

const keeps = [
  { value: "3600", label: "for an hour" },
  { value: String(24 * 3600), label: "for a day" },
  { value: String(7 * 24 * 3600), label: "for a week" },
  { value: "0", label: "not at all" },
];

interface Props {
  /** The app is settled already. */
  app?: App;
  /** Changes this one; without it a new one is made. */
  client?: OAuthApp;
  saved: (o: OAuthApp) => void;
}

const bodyOf = (o: OAuthApp) => ({ name: o.name, client_id: o.client_id, scopes: o.scopes });

/** What a provider gave when the client was registered there. It lives in a dialog, which empties it by closing. */
export function OAuthClientForm({ app: preset, client, saved }: Props) {
  const { projectId } = useScope();
  const [app, setApp] = useState(preset);
  const [name, setName] = useState(client?.name ?? "");
  const [clientId, setClientId] = useState(client?.client_id ?? "");
  const [secret, setSecret] = useState("");
  const [keep, setKeep] = useState(String(24 * 3600));
  const [scopes, setScopes] = useState(client?.scopes.join("\n") ?? "");
  const [more, setMore] = useState<Record<string, string>>({});
  const known = useQuery({ ...appQuery(client?.name_slug ?? ""), enabled: client !== undefined }).data ?? app;
  const ways = (known?.auth_methods ?? []).filter((m) => m.takes_client);
  const [chosen, setMethod] = useState(client?.auth ?? "");
  const method = ways.find((m) => m.id === chosen) ?? ways[0];
  const fields = askedFields(method?.client_fields_json ?? "[]");
  const filled = fields.every((f) => f.optional || more[f.name]?.trim() || client?.fields.includes(f.name));
  // A client that proves itself by a key of its own has no secret.
  const ready = clientId.trim() !== "" && filled && (client !== undefined || (app !== undefined && (secret.trim() !== "" || fields.length > 0)));

  const first = useRef(client);
  const fieldsSet = Object.fromEntries(Object.entries(more).filter(([, v]) => v.trim() !== ""));
  // A name that was not touched is not made the client's own.
  const change = () => changes(first.current ? bodyOf(first.current) : {}, { name: name.trim(), client_id: clientId.trim(), scopes: scopeLines(scopes) });
  const path = { project_id: projectId, oauth_app_id: client?.id ?? "" };
  const update = (since = first.current?.updated_at) =>
    data(
      api.PUT("/connect/{project_id}/oauth_apps/{oauth_app_id}", {
        params: { path, query: { unchanged_since: since } },
        body: { ...change(), ...(secret.trim() && { client_secret: secret.trim(), previous_secret_expires_in: Number(keep) }), ...(fields.length > 0 && { fields: fieldsSet }) },
      }),
    );
  const create = () =>
    data(
      api.POST("/connect/{project_id}/oauth_apps", {
        params: { path: { project_id: projectId } },
        body: {
          name: name.trim(), client_id: clientId.trim(), client_secret: secret.trim(), scopes: scopeLines(scopes), ...(fields.length > 0 && { fields: fieldsSet }),
          app: app?.name_slug ?? "", ...(ways.length > 1 && method && { auth: method.id }),
        },
      }),
    );
  const { guard, dialog } = useConflict<OAuthApp>({
    what: "OAuth client",
    log: { project_id: projectId, subject: client?.id, since: first.current?.updated_at },
    // Secrets are shown to nobody: whether there is another one is.
    own: () => ({ ...change(), ...(secret.trim() && { client_secret: "the one that you entered" }) }),
    read: (o) => ({ ...bodyOf(o), client_secret: `the one of ${new Date(o.secret.set_at).toLocaleString()}` }),
    first: () => first.current,
    newest: () => data(api.GET("/connect/{project_id}/oauth_apps/{oauth_app_id}", { params: { path } })),
    mine: (now) => update(now.updated_at).then(saved),
    theirs: saved,
  });
  const { busy, error, form } = useSubmit(() => guard(async () => ready && saved(await (client ? update() : create()))));
  return (
    <Form of={form} className="space-y-4">
      {client || preset ? <AppName app={(client ?? preset)!} /> : <AppPicker value={app} onChange={setApp} only="oauth" />}
      {!client && ways.length > 1 && (
        <div className="space-y-1">
          <div className="font-medium">Way to sign in</div>
          <Select label="Way to sign in" value={method?.id ?? ""} onChange={setMethod} options={ways.map((m) => ({ value: m.id, label: m.title }))} />
        </div>
      )}
      <Field name="name" label="Name (optional)" hint="For your team, to tell several clients of one app apart.">
        {(ids) => <Input {...ids} value={name} onChange={(e) => setName(e.target.value)} maxLength={120} autoComplete="off" placeholder={app?.name} />}
      </Field>
      <Field name="client_id" label="Client id">
        {(ids) => <Input {...ids} value={clientId} onChange={(e) => setClientId(e.target.value)} required maxLength={500} autoComplete="off" spellCheck={false} className="font-mono" />}
      </Field>
      <Field name="client_secret" label="Client secret" hint={client ? "Leave it empty to keep the one that is stored." : "Stored encrypted and never shown again."}>
        {(ids) => <Input {...ids} type="password" value={secret} onChange={(e) => setSecret(e.target.value)} required={!client && fields.length === 0} maxLength={5000} autoComplete="new-password" />}
      </Field>
      {fields.map((f) => (
        <Field key={f.name} name={`fields.${f.name}`} label={f.optional ? `${f.label} (optional)` : f.label} hint={client?.fields.includes(f.name) ? "Stored. Leave it empty to keep it." : f.description}>
          {(ids) => (
            <textarea
              {...ids}
              value={more[f.name] ?? ""}
              onChange={(e) => setMore({ ...more, [f.name]: e.target.value })}
              rows={f.type === "password" ? 3 : 1}
              autoComplete="off"
              spellCheck={false}
              className={`${inputStyle} h-auto py-1.5 font-mono text-[0.8125rem]`}
            />
          )}
        </Field>
      ))}
      {client && secret.trim() !== "" && (
        <div className="space-y-1">
          <div className="font-medium">Keep the old secret</div>
          <Select label="Keep the old secret" value={keep} onChange={setKeep} options={keeps} />
          <p className="text-[0.8125rem] text-muted">It is used where the provider does not take the new one yet, and destroyed after this time.</p>
        </div>
      )}
      <Field name="scopes" label="Scopes (optional)" hint="One a line. Empty, the app’s usual scopes are asked for.">
        {(ids) => <textarea {...ids} value={scopes} onChange={(e) => setScopes(e.target.value)} rows={3} spellCheck={false} className={`${inputStyle} h-auto py-1.5 font-mono text-[0.8125rem]`} />}
      </Field>
      {dialog}
      <FormActions error={error} action={client ? "Save" : "Add OAuth client"} busy={busy} disabled={!ready} />
    </Form>
  );
}
