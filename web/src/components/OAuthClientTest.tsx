import { useQuery } from "@tanstack/react-query";
import { CircleAlert, CircleCheck, CircleHelp } from "lucide-react";
import { useState } from "react";
import { appQuery } from "@/api/calls";
import { api, data } from "@/api/client";
import type { OAuthApp, OAuthAppTest } from "@/api/types";
import { askedFields } from "@/lib/catalog";
import { useScope } from "@/lib/hooks";
import { CopyButton } from "./Copy";
import { Badge, type Tone } from "./ui/badge";
import { DialogContent } from "./ui/dialog";
import { Field, Input } from "./ui/field";
import { Form, FormActions, useSubmit } from "./ui/form";

type Check = OAuthAppTest["checks"][number];

const heads: Record<Check["check"], string> = { authorize: "Sign-in page", secret: "Client secret", previous_secret: "Old secret" };
const verdicts: Record<Check["verdict"], { word: string; tone: Tone }> = {
  ok: { word: "Accepted", tone: "good" },
  wrong_client: { word: "Wrong client", tone: "bad" },
  wrong_redirect_uri: { word: "Wrong redirect URI", tone: "bad" },
  wrong_scopes: { word: "Wrong scopes", tone: "bad" },
  unknown: { word: "Not told", tone: "neutral" },
};

/** Asks the provider about a client, without a user: what it says of the id, the redirect URI and the secret. */
export function OAuthClientTest({ client }: { client: OAuthApp }) {
  const { projectId } = useScope();
  const app = useQuery(appQuery(client.name_slug));
  const asked = askedFields(app.data?.custom_fields_json ?? "[]").filter((f) => f.type !== "password");
  const [fields, setFields] = useState<Record<string, string>>({});
  const [found, setFound] = useState<OAuthAppTest>();
  const { busy, error, form } = useSubmit(async () => {
    const given = Object.fromEntries(Object.entries(fields).filter(([, v]) => v.trim() !== ""));
    const params = { path: { project_id: projectId, oauth_app_id: client.id } };
    setFound(await data(api.POST("/connect/{project_id}/oauth_apps/{oauth_app_id}/test", { params, body: { fields: given } })));
  });
  return (
    <DialogContent title={`Test ${client.name}`} description="Opens the provider’s sign-in page and asks for a token with a made-up code. No user is needed, and nothing is changed." className="max-w-lg">
      <Form of={form} className="space-y-4">
        {asked.map((f) => (
          <Field key={f.name} name={`fields.${f.name}`} label={f.optional ? `${f.label} (optional)` : f.label} hint={f.description}>
            {(ids) => <Input {...ids} value={fields[f.name] ?? ""} onChange={(e) => setFields({ ...fields, [f.name]: e.target.value })} autoComplete="off" spellCheck={false} />}
          </Field>
        ))}
        {found && (
          <ul aria-label="What the provider said" role="status" className="divide-y divide-line rounded-md border border-line">
            {found.checks.map((c) => (
              <Finding key={c.check} check={c} />
            ))}
          </ul>
        )}
        {found?.checks.some((c) => c.verdict === "wrong_redirect_uri") && (
          <div className="flex items-center gap-2 rounded-md border border-line bg-sunken py-1.5 pl-3 pr-1.5">
            <code className="min-w-0 grow break-all text-[0.8125rem] select-all">{found.redirect_uri}</code>
            <CopyButton text={found.redirect_uri} what="redirect URI" labelled />
          </div>
        )}
        <FormActions error={error} action={found ? "Test again" : "Test this client"} busy={busy} disabled={asked.some((f) => !f.optional && !fields[f.name]?.trim())} />
      </Form>
    </DialogContent>
  );
}

function Finding({ check: c }: { check: Check }) {
  const { word, tone } = verdicts[c.verdict];
  const Icon = tone === "good" ? CircleCheck : tone === "bad" ? CircleAlert : CircleHelp;
  return (
    <li className="flex items-start gap-3 px-3 py-2.5">
      <Icon className={`mt-0.5 size-4 shrink-0 ${tone === "good" ? "text-good" : tone === "bad" ? "text-bad" : "text-muted"}`} aria-hidden />
      <div className="min-w-0 grow">
        <div className="flex flex-wrap items-center gap-x-2 gap-y-1">
          <span className="font-medium">{heads[c.check]}</span>
          <Badge tone={tone}>{word}</Badge>
        </div>
        <p className="mt-0.5 break-words text-muted">{c.message}</p>
        {(c.code || c.status) && (
          <p className="mt-0.5 text-[0.8125rem] text-muted">
            The provider answered {[c.status, c.code].filter(Boolean).join(" ")}
          </p>
        )}
      </div>
    </li>
  );
}
