import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { webhookQuery } from "@/api/calls";
import { api, data } from "@/api/client";
import { within, type Webhook } from "@/api/types";
import { Async, SkeletonCard } from "@/components/Async";
import { never, useConflict } from "@/components/ChangedMeanwhile";
import { Confirm } from "@/components/Confirm";
import { Code, Id } from "@/components/Copy";
import { PageHead } from "@/components/PageHead";
import { ReceiverTrouble } from "@/components/ReceiverTrouble";
import { SigningKeyDialog } from "@/components/SigningKeyDialog";
import { Time } from "@/components/Time";
import { Button } from "@/components/ui/button";
import { Card, Facts } from "@/components/ui/card";
import { Field, Input } from "@/components/ui/field";
import { Tabs } from "@/components/ui/tabs";
import { Form, useSubmit } from "@/components/ui/form";
import { useToast } from "@/components/ui/toast";
import { useDraft } from "@/lib/draft";
import { useScope } from "@/lib/hooks";
import { verify } from "@/lib/snippets";
import { paths } from "@/paths";

/** Where this environment's events go, and how the receiver knows that they are ours. */
export function WebhookPage() {
  const scope = useScope();
  const queries = useQueryClient();
  const [shown, setShown] = useState<Webhook>();
  const query = webhookQuery(scope);
  const webhook = useQuery(query);
  const changed = (w: Webhook) => {
    if (w.signing_key) setShown(w);
    // A key shown once has no place in the cache.
    const { signing_key: _, standard_secret: __, ...rest } = w;
    queries.setQueryData(query.queryKey, { data: rest });
  };
  return (
    <>
      <PageHead
        title="Webhook"
        text={`What triggers emit in ${scope.environment} is posted here, unless a trigger has webhooks of its own, and so is news of an account that breaks, recovers or is deleted. The outcome of a connection goes to the webhook_uri of its connect token.`}
        actions={
          <Link {...(paths.deliveries(scope) as { to: string })} className="text-accent hover:underline underline-offset-4">
            See deliveries
          </Link>
        }
      />
      <Async query={webhook} skeleton={<SkeletonCard />}>
        {({ data: w }) => (
          <div className="space-y-4">
            {w && <ReceiverTrouble webhook={w} changed={changed} />}
            <AddressCard key={JSON.stringify(scope)} webhook={w} changed={changed} />
            {w && <KeyCard webhook={w} changed={changed} />}
            <Card title="Check the signature">
              <p className="mb-3 max-w-3xl text-muted">
                Every delivery carries <code className="break-all text-text">x-pd-signature: t=&lt;unix&gt;,v1=&lt;hex&gt;</code>. The hex is HMAC-SHA256 of <code className="text-text">{"{t}.{raw body}"}</code> with the key as text. There are
                several <code className="text-text">v1</code> while a key is being replaced; one that fits is enough. Refuse what is older than 300 seconds. The libraries of Standard Webhooks check{" "}
                <code className="text-text">webhook-signature</code> with the same key, as it was shown to you for them.
              </p>
              <Tabs label="Language" tabs={Object.entries(verify).map(([name, code]) => ({ key: name, label: name, content: <Code code={code} what={`the ${name} code`} /> }))} />
            </Card>
          </div>
        )}
      </Async>
      <SigningKeyDialog shown={shown} text="; if it is lost, make a new one." close={() => setShown(undefined)} />
    </>
  );
}

function AddressCard({ webhook, changed }: { webhook: Webhook | null; changed: (w: Webhook) => void }) {
  const scope = useScope();
  const queries = useQueryClient();
  const toast = useToast();
  const { draft, set, first, take } = useDraft(webhook, (w) => ({ url: w?.url ?? "" }));
  const { url } = draft;
  const theirs = (now: Webhook | null) => {
    take(now);
    if (now) changed(now);
    else queries.setQueryData(webhookQuery(scope).queryKey, { data: null });
  };
  const save = async (since = first?.changed_at ?? never) => {
    theirs((await data(api.PUT("/connect/{project_id}/webhook", { params: { ...within(scope), query: { unchanged_since: since } }, body: { url: url.trim() } }))).data);
    toast.good(webhook ? "Webhook changed" : "Webhook set");
  };
  const { guard, dialog } = useConflict<Webhook | null>({
    what: "webhook",
    log: { project_id: scope.projectId, ...(webhook && { subject: webhook.id }) },
    own: () => ({ url: url.trim() }),
    read: (w) => ({ url: w?.url ?? "" }),
    first: () => first,
    newest: async () => (await queries.fetchQuery({ ...webhookQuery(scope), staleTime: 0 })).data,
    mine: (now) => save(now?.changed_at ?? never),
    theirs,
  });
  const { busy, error, form } = useSubmit(() => guard(save));
  return (
    <Card title={webhook ? "Address" : "Set a webhook"}>
      <Form of={form}>
        <Field name="url" label="URL" hint="Answer with 2xx within a few seconds; anything else is tried again." error={error}>
          {(ids) => (
            <div className="flex flex-wrap gap-2">
              <Input {...ids} type="url" required placeholder="https://app.example.com/hooks/patchbay" value={url} onChange={(e) => set({ url: e.target.value })} maxLength={2000} className="min-w-0 max-w-xl grow basis-64" />
              <Button type="submit" variant="primary" busy={busy} disabled={!url.trim() || url.trim() === webhook?.url}>
                {webhook ? "Save" : "Set webhook"}
              </Button>
              {webhook && (
                <Confirm
                  trigger={<Button variant="dangerGhost">Remove</Button>}
                  title="Remove the webhook?"
                  text={`Events of ${scope.environment} are no longer sent to ${webhook.url}. Its signing key is gone as well; a new webhook gets a new one.`}
                  action="Remove webhook"
                  done="Webhook removed"
                  act={() => data(api.DELETE("/connect/{project_id}/webhook", { params: within(scope) }))}
                  after={() => queries.setQueryData(webhookQuery(scope).queryKey, { data: null })}
                />
              )}
            </div>
          )}
        </Field>
      </Form>
      {dialog}
    </Card>
  );
}

function KeyCard({ webhook, changed }: { webhook: Webhook; changed: (w: Webhook) => void }) {
  const scope = useScope();
  return (
    <Card
      title="Signing key"
      actions={
        <Confirm
          trigger={<Button size="sm">New key</Button>}
          title="Make a new signing key?"
          text="For 24 hours every delivery is signed with the old key and the new one, so that nothing is refused while you change your receiver. After that only the new key counts."
          action="Make a new key"
          mild
          done="New signing key made"
          act={() => data(api.POST("/connect/{project_id}/webhook/regenerate_signing_key", { params: within(scope) })).then((a) => changed(a.data))}
        />
      }
    >
      <Facts
        facts={[
          ["Key", webhook.signing_key_set ? "set; it cannot be shown again" : "not set"],
          ["Webhook id", <Id key="i" id={webhook.id} />],
          ["Changed", <Time key="c" at={webhook.updated_at} />],
        ]}
      />
    </Card>
  );
}
