import { useQuery, useQueryClient } from "@tanstack/react-query";
import { ApiError } from "@/api/client";
import { removeSso, ssoQuery, testSso, type Sso, type SsoConnection } from "@/api/sso";
import { Async, SkeletonCard } from "@/components/Async";
import { Confirm } from "@/components/Confirm";
import { CopyButton } from "@/components/Copy";
import { PageHead } from "@/components/PageHead";
import { ConnectionForm } from "@/components/sso/ConnectionForm";
import { DirectoryCard } from "@/components/sso/DirectoryCard";
import { DomainsCard } from "@/components/sso/DomainsCard";
import { Time } from "@/components/Time";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Card, Facts } from "@/components/ui/card";
import { Form, FormError, useSubmit } from "@/components/ui/form";
import { useSession } from "@/lib/hooks";

/** Where the workspace's members sign in at their own identity provider; for its owners. */
export function SingleSignOnPage() {
  const session = useSession();
  const sso = useQuery({ ...ssoQuery, retry: (n, e) => n < 1 && !(e instanceof ApiError && e.status === 403) });
  return (
    <>
      <PageHead title="Single sign-on" text={`Members of ${session.workspace.name} sign in at your own identity provider, by OpenID Connect. It reaches this workspace and no other.`} />
      <Async query={sso} skeleton={<SkeletonCard />}>
        {(s) => (
          <div className="max-w-3xl space-y-4">
            <RedirectCard url={s.callback_url} />
            <ConnectionForm sso={s} />
            {s.connection && <TestCard connection={s.connection} />}
            {s.connection && <DomainsCard connection={s.connection} />}
            {s.connection && <DirectoryCard sso={s} />}
            {s.connection && <RemoveCard workspace={session.workspace.name} />}
          </div>
        )}
      </Async>
    </>
  );
}

function RedirectCard({ url }: { url: string }) {
  return (
    <Card title="At your provider" text="Register a web application with a secret there (authorization code with PKCE), and give it this redirect address.">
      <div className="flex flex-wrap items-center gap-2">
        <code className="min-w-0 break-all">{url}</code>
        <CopyButton text={url} what="redirect address" />
      </div>
    </Card>
  );
}

function TestCard({ connection: c }: { connection: SsoConnection }) {
  const { busy, error, form } = useSubmit(async () => {
    const { url } = await testSso(window.location.pathname);
    window.location.assign(url);
  });
  const t = c.test;
  return (
    <Card
      title="Test it"
      text="You go to the provider as anybody would, and come back here: nobody is signed in, and you see what the provider said."
      actions={t ? <Badge tone={t.code ? "bad" : "good"}>{t.code ? "Failed" : "Works"}</Badge> : <Badge tone="neutral">Never tried</Badge>}
    >
      <div className="space-y-4">
        {t && t.code && <p className="text-bad">{t.says}</p>}
        {t && (
          <Facts
            facts={[
              ["Tried", <Time key="t" at={t.at} />],
              ...(t.subject ? ([["E-mail", t.email || "none"], ["Subject", <code key="s">{t.subject}</code>], ["Groups", t.groups.join(", ") || "none"], ["Role", t.role]] as [string, React.ReactNode][]) : []),
            ]}
          />
        )}
        <FormError error={error} />
        <Form of={form}>
          <Button type="submit" busy={busy}>
            Test it
          </Button>
        </Form>
      </div>
    </Card>
  );
}

function RemoveCard({ workspace }: { workspace: string }) {
  const queries = useQueryClient();
  return (
    <Card title="Remove single sign-on" text="Everybody whom it let in is signed out, and signs in by a password or a passkey from then on.">
      <Confirm
        trigger={<Button variant="dangerGhost">Remove</Button>}
        title="Remove single sign-on?"
        text={`Members of ${workspace} sign in by themselves again. Sessions that your provider opened end at once. Members stay members.`}
        action="Remove single sign-on"
        done="Single sign-on removed"
        act={async () => {
          await removeSso();
          queries.setQueryData<Sso>(ssoQuery.queryKey, (s) => s && { ...s, connection: null });
        }}
      />
    </Card>
  );
}
