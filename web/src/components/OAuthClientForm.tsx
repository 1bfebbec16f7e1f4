import { useState } from "react";
import { api, data } from "@/api/client";
import type { App, OAuthApp } from "@/api/types";
import { scopeLines } from "@/lib/catalog";
import { useScope } from "@/lib/hooks";
import { AppName } from "./AppIcon";
import { AppPicker } from "./AppPicker";
import { Field, Input, inputStyle } from "./ui/field";
import { FormActions, FormError, useSubmit } from "./ui/form";

interface Props {
  /** The app is settled already. */
  app?: App;
  /** Changes this one; without it a new one is made. */
  client?: OAuthApp;
  saved: (o: OAuthApp) => void;
}

/** What a provider gave when the client was registered there. It lives in a dialog, which empties it by closing. */
export function OAuthClientForm({ app: preset, client, saved }: Props) {
  const { projectId } = useScope();
  const [app, setApp] = useState(preset);
  const [name, setName] = useState(client?.name ?? "");
  const [clientId, setClientId] = useState(client?.client_id ?? "");
  const [secret, setSecret] = useState("");
  const [scopes, setScopes] = useState(client?.scopes.join("\n") ?? "");
  const ready = clientId.trim() !== "" && (client !== undefined || (app !== undefined && secret.trim() !== ""));

  const send = () => {
    const body = { name: name.trim(), client_id: clientId.trim(), client_secret: secret.trim(), scopes: scopeLines(scopes) };
    if (client) {
      // What is empty stays as it is; a name that was not touched is not made the client's own.
      const changed = { ...body, name: body.name === client.name ? "" : body.name };
      return data(api.PUT("/connect/{project_id}/oauth_apps/{oauth_app_id}", { params: { path: { project_id: projectId, oauth_app_id: client.id } }, body: changed }));
    }
    return data(api.POST("/connect/{project_id}/oauth_apps", { params: { path: { project_id: projectId } }, body: { ...body, app: app?.name_slug ?? "" } }));
  };
  const { busy, error, onSubmit } = useSubmit(async () => {
    if (ready) saved(await send());
  });
  return (
    <form className="space-y-4" onSubmit={onSubmit}>
      {client || preset ? <AppName app={(client ?? preset)!} /> : <AppPicker value={app} onChange={setApp} only="oauth" />}
      <Field label="Name (optional)" hint="For your team, to tell several clients of one app apart.">
        {(ids) => <Input {...ids} value={name} onChange={(e) => setName(e.target.value)} maxLength={120} autoComplete="off" placeholder={app?.name} />}
      </Field>
      <Field label="Client id">
        {(ids) => <Input {...ids} value={clientId} onChange={(e) => setClientId(e.target.value)} required maxLength={500} autoComplete="off" spellCheck={false} className="font-mono" />}
      </Field>
      <Field label="Client secret" hint={client ? "Leave it empty to keep the one that is stored." : "Stored encrypted and never shown again."}>
        {(ids) => <Input {...ids} type="password" value={secret} onChange={(e) => setSecret(e.target.value)} required={!client} maxLength={5000} autoComplete="new-password" />}
      </Field>
      <Field label="Scopes (optional)" hint={client && client.scopes.length > 0 ? "One a line. Emptied, they stay as they are." : "One a line. Empty, the app’s usual scopes are asked for."}>
        {(ids) => <textarea {...ids} value={scopes} onChange={(e) => setScopes(e.target.value)} rows={3} spellCheck={false} className={`${inputStyle} h-auto py-1.5 font-mono text-[0.8125rem]`} />}
      </Field>
      <FormError error={error} />
      <FormActions action={client ? "Save" : "Add OAuth client"} busy={busy} disabled={!ready} />
    </form>
  );
}
