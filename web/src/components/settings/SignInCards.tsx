import { useQuery, useQueryClient } from "@tanstack/react-query";
import { api, data } from "@/api/client";
import type { components } from "@/api/schema.gen";
import { within } from "@/api/types";
import { Async } from "@/components/Async";
import { never, useConflict } from "@/components/ChangedMeanwhile";
import { CopyButton } from "@/components/Copy";
import { Button } from "@/components/ui/button";
import { Card, Facts } from "@/components/ui/card";
import { Field, Input } from "@/components/ui/field";
import { Form, FormError, useSubmit } from "@/components/ui/form";
import { SelectField } from "@/components/ui/select";
import { useToast } from "@/components/ui/toast";
import { useDraft } from "@/lib/draft";
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
        <Async query={verification}>{(v) => <VerificationForm key={JSON.stringify(scope)} settings={v} />}</Async>
      </Card>
      <Card title={`AI assistants (${scope.environment})`} text="Your users give this address to a program that speaks MCP. A page of yours says who they are, and they allow the program to act for them.">
        <Async query={mcp}>{(m) => <MCPForm key={JSON.stringify(scope)} settings={m} />}</Async>
      </Card>
    </>
  );
}

const always = { "": "In production, not in development", on: "Always", off: "Never" };

const whenOf = (s: Verification): string => (s.enabled === null ? "" : s.enabled ? "on" : "off");

function VerificationForm({ settings: s }: { settings: Verification }) {
  const scope = useScope(), queries = useQueryClient(), toast = useToast();
  const { draft, set, first, take } = useDraft(s, (v) => ({ url: v.verify_url ?? "", when: whenOf(v) }));
  const params = { ...within(scope), path: { project_id: scope.projectId } };
  const own = () => ({ verify_url: draft.url.trim() || null, enabled: draft.when === "" ? null : draft.when === "on" });
  const theirs = (now: Verification) => {
    take(now);
    queries.setQueryData(["user_verification", scope], now);
  };
  const save = async (since = first.updated_at) => {
    const next = await data(api.PUT("/connect/{project_id}/user_verification", { params: { ...params, query: { unchanged_since: since ?? never } }, body: own() }));
    theirs(next);
    toast.good(next.active ? "Users are verified" : "Users are not verified");
  };
  const { guard, dialog } = useConflict<Verification>({
    what: "verification of users",
    log: { project_id: scope.projectId, action: "user_verification.changed" },
    whole: true,
    own,
    read: ({ verify_url, enabled }) => ({ verify_url, enabled }),
    first: () => first,
    newest: () => data(api.GET("/connect/{project_id}/user_verification", { params })),
    mine: (now) => save(now.updated_at),
    theirs,
  });
  const { busy, error, form } = useSubmit(() => guard(save));
  return (
    <Form of={form} className="space-y-4">
      <Field name="verify_url" label="Your page" hint="It gets a nonce in its query; its server confirms it by the API.">
        {(ids) => <Input {...ids} type="url" placeholder="https://app.example.com/connect/verify" maxLength={2000} value={draft.url} onChange={(e) => set({ url: e.target.value })} />}
      </Field>
      <SelectField name="enabled" label="Users are verified" value={draft.when} onChange={(when) => set({ when })} options={Object.entries(always).map(([value, label]) => ({ value, label }))} />
      <FormError error={error} />
      <Button type="submit" variant="primary" busy={busy} disabled={draft.url.trim() === (s.verify_url ?? "") && draft.when === whenOf(s)}>
        Save
      </Button>
      {dialog}
    </Form>
  );
}

const approvals: Record<MCP["approval"], string> = { none: "Nothing", destructive: "What deletes or cannot be taken back", writes: "All that does not only read" };

function MCPForm({ settings: m }: { settings: MCP }) {
  const scope = useScope(), queries = useQueryClient(), toast = useToast();
  const { draft, set, first, take } = useDraft(m, (v) => ({ url: v.sign_in_url ?? "", approval: v.approval }));
  const params = { ...within(scope), path: { project_id: scope.projectId } };
  const own = () => ({ sign_in_url: draft.url.trim() || null, ...(draft.approval !== first.approval && { approval: draft.approval }) });
  const theirs = (now: MCP) => {
    take(now);
    queries.setQueryData(["mcp", scope], now);
  };
  const save = async (since = first.updated_at) => {
    theirs(await data(api.PUT("/connect/{project_id}/mcp", { params: { ...params, query: { unchanged_since: since ?? never } }, body: own() })));
    toast.good("Settings saved");
  };
  const { guard, dialog } = useConflict<MCP>({
    what: "sign-in from AI assistants",
    log: { project_id: scope.projectId, action: "mcp_sign_in.changed" },
    own,
    read: ({ sign_in_url, approval }) => ({ sign_in_url, approval }),
    first: () => first,
    newest: () => data(api.GET("/connect/{project_id}/mcp", { params })),
    mine: (now) => save(now.updated_at),
    theirs,
  });
  const { busy, error, form } = useSubmit(() => guard(save));
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
          [
            "Taken back at",
            <span key="p" className="flex min-w-0 items-center gap-1">
              <code className="min-w-0 break-all">{m.programs_url}</code>
              <CopyButton text={m.programs_url} what="the address of your users’ programs" />
            </span>,
          ],
        ]}
      />
      <Field name="sign_in_url" label="Your sign-in page" hint="It gets an authorization request in its query; its server says by the API who is signed in. Empty: users sign in from no program.">
        {(ids) => <Input {...ids} type="url" placeholder="https://app.example.com/mcp/sign-in" maxLength={2000} value={draft.url} onChange={(e) => set({ url: e.target.value })} />}
      </Field>
      <SelectField
        name="approval"
        label="Users approve"
        hint="Each time, and with the arguments shown. Programs that cannot ask their user are refused."
        value={draft.approval}
        onChange={(v) => set({ approval: v as MCP["approval"] })}
        options={Object.entries(approvals).map(([value, label]) => ({ value, label }))}
      />
      <FormError error={error} />
      <Button type="submit" variant="primary" busy={busy} disabled={draft.url.trim() === (m.sign_in_url ?? "") && draft.approval === m.approval}>
        Save
      </Button>
      {dialog}
    </Form>
  );
}
