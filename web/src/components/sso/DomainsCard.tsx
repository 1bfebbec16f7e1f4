import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { addDomain, proveDomain, removeDomain, ssoQuery, type SsoConnection, type SsoDomain } from "@/api/sso";
import { Confirm } from "@/components/Confirm";
import { CopyButton } from "@/components/Copy";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Field, Input } from "@/components/ui/field";
import { Form, FormError, useSubmit } from "@/components/ui/form";
import { useToast } from "@/components/ui/toast";

/** The domains whose e-mails the provider may speak of. */
export function DomainsCard({ connection: c }: { connection: SsoConnection }) {
  const queries = useQueryClient();
  const [domain, setDomain] = useState("");
  const { busy, error, form } = useSubmit(async () => {
    await addDomain(domain);
    setDomain("");
    await queries.invalidateQueries(ssoQuery);
  });
  return (
    <Card title="E-mail domains" text="The provider is believed for e-mails of domains that you have shown to be yours, and for no others." flush>
      <ul className="divide-y divide-line">
        {c.domains.map((d) => (
          <DomainRow key={d.id} domain={d} />
        ))}
      </ul>
      <Form of={form} className="flex flex-wrap items-end gap-2 border-t border-line p-4">
        <div className="min-w-0 flex-1 basis-56">
          <Field name="domain" label="Domain">
            {(ids) => <Input {...ids} required maxLength={253} placeholder="example.com" value={domain} onChange={(e) => setDomain(e.target.value)} />}
          </Field>
        </div>
        <Button type="submit" busy={busy}>
          Add the domain
        </Button>
        <FormError error={error} />
      </Form>
    </Card>
  );
}

function DomainRow({ domain: d }: { domain: SsoDomain }) {
  const queries = useQueryClient();
  const toast = useToast();
  const proved = d.by_operator || d.proved_at !== null;
  const { busy, error, form } = useSubmit(async () => {
    await proveDomain(d.id);
    toast.good(`${d.domain} is proved`);
    await queries.invalidateQueries(ssoQuery);
  });
  return (
    <li className="space-y-2 px-4 py-3">
      <div className="flex flex-wrap items-center justify-between gap-2">
        <span className="min-w-0 break-all font-medium">{d.domain}</span>
        <span className="flex items-center gap-2">
          <Badge tone={proved ? "good" : "warn"}>{d.by_operator ? "Set by the operator" : proved ? "Proved" : "Not proved"}</Badge>
          <Confirm
            trigger={
              <Button size="sm" variant="dangerGhost" aria-label={`Remove the domain ${d.domain}`}>
                Remove
              </Button>
            }
            title={`Remove ${d.domain}?`}
            text="Who has an e-mail of this domain cannot come in by single sign-on any more. Sessions that are open stay open."
            action="Remove domain"
            done="Domain removed"
            act={async () => {
              await removeDomain(d.id);
              await queries.invalidateQueries(ssoQuery);
            }}
          />
        </span>
      </div>
      {!proved && (
        <>
          <p className="text-[0.8125rem] text-muted">Add this TXT record to the domain&apos;s DNS:</p>
          <div className="flex flex-wrap items-center gap-2">
            <code className="min-w-0 break-all">{d.record}</code>
            <CopyButton text={d.record} what="name of the record" />
          </div>
          <div className="flex flex-wrap items-center gap-2">
            <code className="min-w-0 break-all">{d.proof}</code>
            <CopyButton text={d.proof} what="text of the record" />
          </div>
          <Form of={form} className="space-y-2">
            <FormError error={error} />
            <Button type="submit" size="sm" busy={busy} aria-label={`Check the DNS of ${d.domain}`}>
              Check the DNS
            </Button>
          </Form>
        </>
      )}
    </li>
  );
}
