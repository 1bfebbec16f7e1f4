import { useState } from "react";
import { api, data } from "@/api/client";
import type { MCPServer } from "@/api/types";
import { Field, Input } from "../ui/field";
import { Form, FormActions, useSubmit } from "../ui/form";
import { SelectField } from "../ui/select";

type Auth = "" | "none" | "bearer";

const auths: { value: Auth; label: string }[] = [
  { value: "bearer", label: "With a token of their own" },
  { value: "none", label: "Not at all" },
  { value: "", label: "As an app says that is there" },
];

/** Where a server is and how users sign in to it. A server that is there is registered anew. It lives in a dialog. */
export function MCPServerForm({ server, saved }: { server?: MCPServer; saved: (s: MCPServer) => void }) {
  const [url, setURL] = useState(server?.url ?? "");
  const [slug, setSlug] = useState(server?.app ?? "");
  const [auth, setAuth] = useState<Auth>("bearer");
  const [name, setName] = useState("");
  const [token, setToken] = useState("");
  const how: Auth = server ? (server.open ? "none" : "") : auth;
  const { busy, error, form } = useSubmit(async () =>
    saved(
      await data(
        api.PUT("/mcp_servers/{app_id}", {
          params: { path: { app_id: slug } },
          body: { url: url.trim(), ...(how && { auth: how }), ...(how && name.trim() && { name: name.trim() }), ...(token.trim() && { token: token.trim() }) },
        }),
      ),
    ),
  );
  return (
    <Form of={form} className="space-y-4">
      <Field name="url" label="Address" hint="The server’s endpoint for streamable HTTP, such as https://tools.example.com/mcp.">
        {(ids) => <Input {...ids} value={url} onChange={(e) => setURL(e.target.value)} required maxLength={2000} inputMode="url" spellCheck={false} autoComplete="off" className="font-mono" />}
      </Field>
      {!server && (
        <>
          <Field name="app_id slug" label="App" hint="Small letters, digits and _. Its actions are ~/ and this name, a hyphen and the tool’s name.">
            {(ids) => <Input {...ids} value={slug} onChange={(e) => setSlug(e.target.value.trim())} required maxLength={60} placeholder="acme_tools" spellCheck={false} autoComplete="off" className="font-mono" />}
          </Field>
          <SelectField
            name="auth"
            label="Users sign in"
            value={auth}
            onChange={(v) => setAuth(v as Auth)}
            options={auths}
            hint={auth === "" ? "For OAuth, write the app’s file first, with the server’s host in it." : "A file is made for the app; you can write more into it later."}
          />
          {auth !== "" && (
            <Field name="name" label="Name" hint="As your users read it when they connect. Empty: the app’s name above.">
              {(ids) => <Input {...ids} value={name} onChange={(e) => setName(e.target.value)} maxLength={80} autoComplete="off" />}
            </Field>
          )}
        </>
      )}
      {how !== "none" && <TokenField value={token} onChange={setToken} />}
      <FormActions error={error} action={server ? "Register it anew" : "Add server"} busy={busy} disabled={!url.trim() || !slug} />
    </Form>
  );
}

/** With what the tools are read where the server lets nobody in without; no account of a user is taken for that. */
export function TokenField({ value, onChange }: { value: string; onChange: (token: string) => void }) {
  return (
    <Field name="token" label="Token to read the tools with" hint="A bearer token of your own, if the server asks for one. It is used this once and not kept.">
      {(ids) => <Input {...ids} type="password" value={value} onChange={(e) => onChange(e.target.value)} maxLength={8192} autoComplete="off" className="font-mono" />}
    </Field>
  );
}
