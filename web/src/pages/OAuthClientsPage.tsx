import { IdCard } from "lucide-react";
import { useCallback } from "react";
import { listOAuthApps } from "@/api/calls";
import { Empty, NoMatch } from "@/components/Empty";
import { Filters, TextFilter } from "@/components/Filters";
import { ListTable } from "@/components/ListTable";
import { useOAuthClients } from "@/components/OAuthClients";
import { PageHead } from "@/components/PageHead";
import { useFilters, usePages, useScope } from "@/lib/hooks";

/** The project's registrations with providers. They count in both environments. */
export function OAuthClientsPage() {
  const { projectId } = useScope();
  const [{ q }, setFilters] = useFilters();
  const clients = usePages(["oauth_apps", projectId, { q }], (after, limit) => listOAuthApps(projectId, { q, after, limit }));
  const { add, columns, dialogs } = useOAuthClients();
  const byText = useCallback((v: string) => setFilters({ q: v }), [setFilters]);
  const clear = () => setFilters({ q: undefined });
  return (
    <>
      <PageHead title="OAuth clients" text="What you registered with the providers of apps. They belong to this project and serve both environments." actions={add()} />
      <Filters clear={q ? clear : undefined}>
        <TextFilter label="Search by name" value={q ?? ""} onChange={byText} />
      </Filters>
      <ListTable
        views="oauth-clients"
        label="OAuth clients"
        query={clients}
        columns={columns}
        rowKey={(o) => o.id}
        empty={
          q ? (
            <NoMatch clear={clear} />
          ) : (
            <Empty icon={IdCard} title="No OAuth clients yet" action={add()}>
              When a user connects an app with OAuth, its provider asks “Do you trust this product?” and means yours. So you register your product with the
              provider once, and enter here the client id and secret that it gives you. Apps with keys need none of this.
            </Empty>
          )
        }
      />
      {dialogs}
    </>
  );
}
