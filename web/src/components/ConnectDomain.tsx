import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, data } from "@/api/client";
import { within } from "@/api/types";
import { useScope, useSession } from "@/lib/hooks";
import { Confirm } from "./Confirm";
import { Id } from "./Copy";
import { Button } from "./ui/button";
import { Card } from "./ui/card";
import { Field, Input } from "./ui/field";
import { Form, FormError, useSubmit } from "./ui/form";
import { useToast } from "./ui/toast";

/** The host at which the environment's connect pages are. It counts at once, so it is apart from what is saved together. */
export function ConnectDomain() {
  const scope = useScope();
  const domain = useQuery({ queryKey: ["connect_domain", scope], queryFn: () => data(api.GET("/projects/{project_id}/connect_domain", { params: within(scope) })) });
  return (
    <Card title="Domain">
      {domain.data && <DomainForm key={domain.data.data?.host ?? ""} host={domain.data.data?.host ?? ""} url={domain.data.data?.url} />}
      {domain.error && <FormError error={domain.error.message} />}
    </Card>
  );
}

function DomainForm({ host: saved, url }: { host: string; url: string | undefined }) {
  const scope = useScope();
  const base = useSession().tls_url;
  const queries = useQueryClient();
  const toast = useToast();
  const [host, setHost] = useState(saved);
  const changed = () => queries.invalidateQueries({ queryKey: ["connect_domain"] });
  const { busy, error, form } = useSubmit(async () => {
    await data(api.PUT("/projects/{project_id}/connect_domain", { params: within(scope), body: { host: host.trim() } }));
    toast.good("Domain saved");
    await changed();
  });
  const target = URL.canParse(base) ? new URL(base).hostname : base;
  return (
    <Form of={form} className="space-y-3">
      <Field name="domain" label="Host" hint={saved ? undefined : `Empty: your users connect at ${base}`}>
        {(ids) => <Input {...ids} value={host} onChange={(e) => setHost(e.target.value)} placeholder="connect.example.com" maxLength={253} spellCheck={false} autoComplete="off" className="font-mono" />}
      </Field>
      <p className="text-[0.8125rem] text-muted">
        Before you save: a CNAME record of the host leads to <Id id={target} what="host" />, and your reverse proxy has a certificate for it. Links name it from then on; no OAuth client changes.
      </p>
      {url && (
        <p className="text-[0.8125rem]">
          Pages are at <code className="break-all">{url}</code>
        </p>
      )}
      <FormError error={error} />
      <div className="flex flex-wrap gap-2">
        <Button type="submit" busy={busy} disabled={!host.trim() || host.trim() === saved}>
          Save domain
        </Button>
        {saved && (
          <Confirm
            trigger={<Button variant="dangerGhost">Remove</Button>}
            title={`Remove ${saved}?`}
            text="Links that were made with it lead nowhere from now on, and your users connect at the address of the installation again."
            action="Remove domain"
            done="Domain removed"
            act={() => data(api.DELETE("/projects/{project_id}/connect_domain", { params: within(scope) }))}
            after={() => void changed()}
          />
        )}
      </div>
    </Form>
  );
}
