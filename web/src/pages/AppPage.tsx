import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { IdCard } from "lucide-react";
import { appFileQuery, appQuery, categoriesQuery, listOAuthApps } from "@/api/calls";
import type { App } from "@/api/types";
import { AppComponents } from "@/components/AppComponents";
import { AppMethods, AppSources } from "@/components/AppFacts";
import { AuthBadge, OwnBadge } from "@/components/AppGrid";
import { AppIcon } from "@/components/AppIcon";
import { AppLogo } from "@/components/AppLogo";
import { Async, SkeletonCard } from "@/components/Async";
import { ConnectButton } from "@/components/ConnectButton";
import { Id } from "@/components/Copy";
import { Empty } from "@/components/Empty";
import { ListTable } from "@/components/ListTable";
import { useOAuthClients } from "@/components/OAuthClients";
import { PageHead } from "@/components/PageHead";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Card, Facts } from "@/components/ui/card";
import { askedFields, authWord, categoryName } from "@/lib/catalog";
import { usePages, useParam, useScope } from "@/lib/hooks";
import { paths } from "@/paths";

/** One app of the catalogue, and what the project has to connect it with. */
export function AppPage() {
  const scope = useScope();
  const slug = useParam("slug");
  const app = useQuery(appQuery(slug));
  const up = { label: "Apps", place: paths.apps(scope) };
  if (!app.data) {
    return (
      <>
        <PageHead title="App" up={up} />
        <Async query={app} skeleton={<SkeletonCard />}>
          {() => null}
        </Async>
      </>
    );
  }
  return <Known key={app.data.name_slug} app={app.data} up={up} />;
}

function Known({ app: a, up }: { app: App; up: Parameters<typeof PageHead>[0]["up"] }) {
  const scope = useScope();
  const { projectId } = scope;
  const file = useQuery(appFileQuery(a.name_slug));
  const oauth = a.auth_type === "oauth";
  const { add, columns, dialogs } = useOAuthClients(a);
  const clients = usePages(["oauth_apps", projectId, { app: a.name_slug }], (after, limit) => listOAuthApps(projectId, { app: a.name_slug, after, limit }));
  const none = oauth && clients.data?.pages[0]?.data.length === 0;
  return (
    <>
      <PageHead
        title={a.name}
        icon={<AppIcon app={a} size={32} />}
        badge={
          <>
            <AuthBadge app={a} />
            {file.data?.own && <OwnBadge override={file.data.override} />}
          </>
        }
        text={a.description}
        up={up}
        actions={
          <>
            <Button asChild>
              <Link {...(paths.appFile(scope, a.name_slug) as { to: string })}>{file.data?.own ? "Edit file" : "Change"}</Link>
            </Button>
            {oauth && add(none ? "primary" : "secondary")}
            <ConnectButton app={a} variant={none ? "secondary" : "primary"} />
          </>
        }
      />
      <div className="space-y-4">
        {oauth && (
          <section aria-label="OAuth clients of this project">
            <h2 className="mb-2 font-semibold">OAuth clients of this project</h2>
            <ListTable
              label="OAuth clients"
              query={clients}
              columns={columns}
              rowKey={(o) => o.id}
              empty={
                <Empty icon={IdCard} title={`Nobody can connect ${a.name} yet`} action={add()}>
                  Register your product with {a.name}, and enter the client id and secret that you get. After that the redirect URI and a guide are shown.
                </Empty>
              }
            />
          </section>
        )}
        <AppComponents app={a} />
        <div className="grid items-start gap-4 lg:grid-cols-2">
          <div className="grid gap-4">
            <FactsCard app={a} />
            {file.data?.facts && <AppMethods facts={file.data.facts} />}
            {file.data && <AppLogo file={file.data} name={a.name} />}
          </div>
          <div className="grid gap-4">
            <AskedCard app={a} />
            <ProfilesCard app={a} />
            {file.data?.facts && <AppSources facts={file.data.facts} />}
          </div>
        </div>
      </div>
      {dialogs}
    </>
  );
}

function FactsCard({ app: a }: { app: App }) {
  const categories = useQuery(categoriesQuery);
  const { proxy_enabled, allowed_domains, base_proxy_target_url } = a.connect;
  return (
    <Card title="Facts">
      <Facts
        facts={[
          ["Authentication", authWord(a)],
          ["Slug", <Id key="s" id={a.name_slug} what="slug" />],
          ["Categories", a.categories.map((c) => categoryName(c, categories.data)).join(", ") || "none"],
          ["Calls as a user", proxy_enabled ? "through the proxy" : "not through the proxy"],
          ["Base of its API", base_proxy_target_url ? <code key="b" className="break-all text-[0.8125rem]">{base_proxy_target_url}</code> : "none"],
          [
            "Allowed domains",
            allowed_domains && allowed_domains.length > 0 ? (
              <ul key="d" className="space-y-0.5">
                {allowed_domains.map((d) => (
                  <li key={d}>
                    <code className="break-all text-[0.8125rem]">{d}</code>
                  </li>
                ))}
              </ul>
            ) : (
              "none named"
            ),
          ],
        ]}
      />
    </Card>
  );
}

function AskedCard({ app: a }: { app: App }) {
  const fields = askedFields(a.custom_fields_json);
  return (
    <Card title="What the user is asked for" flush={fields.length > 0}>
      {fields.length === 0 ? (
        <p className="text-muted">{a.auth_type === "oauth" ? "Nothing. The user signs in to the app and allows access." : "Nothing."}</p>
      ) : (
        <ul className="divide-y divide-line">
          {fields.map((f) => (
            <li key={f.name} className="px-4 py-2.5">
              <div className="flex flex-wrap items-center gap-x-2 gap-y-1">
                <span className="font-medium">{f.label}</span>
                <code className="text-[0.8125rem] text-muted">{f.name}</code>
                <Badge className="rounded font-normal">{f.type}</Badge>
                {f.optional && <Badge className="rounded font-normal">optional</Badge>}
              </div>
              {f.description && <p className="mt-0.5 break-words text-muted">{f.description}</p>}
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}

function ProfilesCard({ app: a }: { app: App }) {
  if (a.scope_profiles.length === 0) return null;
  return (
    <Card title="Scope profiles" text="A connect page asks for one of these when your code names it.">
      <Facts
        facts={a.scope_profiles.map((p) => [
          p.name,
          <ul key={p.name} className="flex flex-wrap gap-1">
            {p.scopes.map((s) => (
              <li key={s} className="min-w-0">
                <Badge className="h-auto min-h-5 rounded whitespace-normal break-all font-mono font-normal">{s}</Badge>
              </li>
            ))}
          </ul>,
        ])}
      />
    </Card>
  );
}
