import { queryOptions, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, data } from "@/api/client";
import { within, type Schemas, type Scope } from "@/api/types";
import { useDraft } from "@/lib/draft";
import { useScope, useSession } from "@/lib/hooks";
import { never, useConflict } from "./ChangedMeanwhile";
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
  const domain = useQuery(domainQuery(scope));
  return (
    <Card title="Domain">
      {domain.data && <DomainForm key={JSON.stringify(scope)} there={domain.data.data ?? undefined} />}
      {domain.error && <FormError error={domain.error.message} />}
    </Card>
  );
}

type Domain = Schemas["ConnectDomain"] | undefined;

const domainQuery = (scope: Scope) => queryOptions({ queryKey: ["connect_domain", scope], queryFn: () => data(api.GET("/projects/{project_id}/connect_domain", { params: within(scope) })) });

function DomainForm({ there }: { there: Domain }) {
  const scope = useScope();
  const base = useSession().tls_url;
  const queries = useQueryClient();
  const toast = useToast();
  const { draft, set, first, take } = useDraft(there, (d) => ({ host: d?.host ?? "" }));
  const { host } = draft;
  const saved = there?.host ?? "";
  const changed = () => queries.invalidateQueries({ queryKey: ["connect_domain"] });
  const theirs = (now: Domain) => {
    take(now);
    queries.setQueryData(domainQuery(scope).queryKey, { data: now ?? null });
  };
  const save = async (since = first?.created_at ?? never) => {
    theirs((await data(api.PUT("/projects/{project_id}/connect_domain", { params: { ...within(scope), query: { unchanged_since: since } }, body: { host: host.trim() } }))).data);
    toast.good("Domain saved");
  };
  const { guard, dialog } = useConflict<Domain>({
    what: "domain",
    log: { project_id: scope.projectId, action: "connect_domain.changed" },
    own: () => ({ host: host.trim() }),
    read: (d) => ({ host: d?.host ?? "" }),
    first: () => first,
    newest: async () => (await queries.fetchQuery({ ...domainQuery(scope), staleTime: 0 })).data ?? undefined,
    mine: (now) => save(now?.created_at ?? never),
    theirs,
  });
  const { busy, error, form } = useSubmit(() => guard(save));
  const target = URL.canParse(base) ? new URL(base).hostname : base;
  return (
    <Form of={form} className="space-y-3">
      <Field name="domain" label="Host" hint={saved ? undefined : `Empty: your users connect at ${base}`}>
        {(ids) => <Input {...ids} value={host} onChange={(e) => set({ host: e.target.value })} placeholder="connect.example.com" maxLength={253} spellCheck={false} autoComplete="off" className="font-mono" />}
      </Field>
      <p className="text-[0.8125rem] text-muted">
        Before you save: a CNAME record of the host leads to <Id id={target} what="host" />, and your reverse proxy has a certificate for it. Links name it from then on; no OAuth client changes.
      </p>
      {there && (
        <p className="text-[0.8125rem]">
          Pages are at <code className="break-all">{there.url}</code>
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
      {dialog}
    </Form>
  );
}
