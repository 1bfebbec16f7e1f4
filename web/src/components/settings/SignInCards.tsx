import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, data } from "@/api/client";
import type { components } from "@/api/schema.gen";
import { within } from "@/api/types";
import { Async } from "@/components/Async";
import { CopyButton } from "@/components/Copy";
import { Button } from "@/components/ui/button";
import { Card, Facts } from "@/components/ui/card";
import { Field, Input } from "@/components/ui/field";
import { Form, FormError, useSubmit } from "@/components/ui/form";
import { SelectField } from "@/components/ui/select";
import { useToast } from "@/components/ui/toast";
import { useScope } from "@/lib/hooks";

type Verification = components["schemas"]["UserVerification"];
type MCP = components["schemas"]["MCP"];

/** Pages of the customer's own that know which user is signed in; each environment has its own. */
export function SignInCards() {
  const scope = useScope();
  const params = { ...within(scope), path: { project_id: scope.projectId } };
  const verification = useQuery({ queryKey: ["user_verification", scope], queryFn: () => data(api.GET("/connect/{project_id}/user_verification", { params })) });
  const mcp = useQuery({ queryKey: ["mcp", scope], queryFn: () => data(api.GET("/connect/{project_id}/mcp", { params })) });
  return (
    <>
      <Card
        title={`Verification of users (${scope.environment})`}
        text="A connect link that was sent on to somebody else connects nothing: before it shows anything, a page of yours says which user is signed in."
      >
        <Async query={verification}>{(v) => <VerificationForm key={JSON.stringify(v)} settings={v} />}</Async>
      </Card>
      <Card title={`AI assistants (${scope.environment})`} text="Your users give this address to a program that speaks MCP. A page of yours says who they are, and they allow the program to act for them.">
        <Async query={mcp}>{(m) => <MCPForm key={m.sign_in_url ?? ""} settings={m} />}</Async>
      </Card>
    </>
  );
}

const always = { "": "In production, not in development", on: "Always", off: "Never" };

function VerificationForm({ settings: s }: { settings: Verification }) {
  const scope = useScope(), queries = useQueryClient(), toast = useToast();
  const was = s.enabled === null ? "" : s.enabled ? "on" : "off";
  const [url, setUrl] = useState(s.verify_url ?? "");
  const [when, setWhen] = useState<string>(was);
  const { busy, error, form } = useSubmit(async () => {
    const body = { verify_url: url.trim() || null, enabled: when === "" ? null : when === "on" };
    const next = await data(api.PUT("/connect/{project_id}/user_verification", { params: { ...within(scope), path: { project_id: scope.projectId } }, body }));
    queries.setQueryData(["user_verification", scope], next);
    toast.good(next.active ? "Users are verified" : "Users are not verified");
  });
  return (
    <Form of={form} className="space-y-4">
      <Field name="verify_url" label="Your page" hint="It gets a nonce in its query; its server confirms it by the API.">
        {(ids) => <Input {...ids} type="url" placeholder="https://app.example.com/connect/verify" maxLength={2000} value={url} onChange={(e) => setUrl(e.target.value)} />}
      </Field>
      <SelectField name="enabled" label="Users are verified" value={when} onChange={setWhen} options={Object.entries(always).map(([value, label]) => ({ value, label }))} />
      <FormError error={error} />
      <Button type="submit" variant="primary" busy={busy} disabled={url.trim() === (s.verify_url ?? "") && when === was}>
        Save
      </Button>
    </Form>
  );
}

function MCPForm({ settings: m }: { settings: MCP }) {
  const scope = useScope(), queries = useQueryClient(), toast = useToast();
  const [url, setUrl] = useState(m.sign_in_url ?? "");
  const { busy, error, form } = useSubmit(async () => {
    const body = { sign_in_url: url.trim() || null };
    const next = await data(api.PUT("/connect/{project_id}/mcp", { params: { ...within(scope), path: { project_id: scope.projectId } }, body }));
    queries.setQueryData(["mcp", scope], next);
    toast.good("Settings saved");
  });
  return (
    <Form of={form} className="space-y-4">
      <Facts
        facts={[
          [
            "Address",
            <span key="a" className="flex min-w-0 items-center gap-1">
              <code className="min-w-0 break-all">{m.url}</code>
              <CopyButton text={m.url} what="the address" />
            </span>,
          ],
        ]}
      />
      <Field name="sign_in_url" label="Your sign-in page" hint="It gets an authorization request in its query; its server says by the API who is signed in. Empty: users sign in from no program.">
        {(ids) => <Input {...ids} type="url" placeholder="https://app.example.com/mcp/sign-in" maxLength={2000} value={url} onChange={(e) => setUrl(e.target.value)} />}
      </Field>
      <FormError error={error} />
      <Button type="submit" variant="primary" busy={busy} disabled={url.trim() === (m.sign_in_url ?? "")}>
        Save
      </Button>
    </Form>
  );
}
