import { Link } from "@tanstack/react-router";
import { Users } from "lucide-react";
import { useCallback } from "react";
import { api, data } from "@/api/client";
import { within, type ExternalUser } from "@/api/types";
import { ConnectButton } from "@/components/ConnectButton";
import { Id } from "@/components/Copy";
import { Empty, NoMatch } from "@/components/Empty";
import { Filters, TextFilter } from "@/components/Filters";
import { ListTable, type Column } from "@/components/ListTable";
import { PageHead } from "@/components/PageHead";
import { Time } from "@/components/Time";
import { buttonStyle } from "@/components/ui/button";
import { useFilters, usePages, useScope } from "@/lib/hooks";
import { paths } from "@/paths";

const columns: Column<ExternalUser>[] = [
  { head: "External id", cell: (u) => <span className="break-all">{u.external_id}</span> },
  { head: "Id", from: "md", cell: (u) => <Id id={u.id} short /> },
  { head: "Since", from: "sm", cell: (u) => <Time row at={u.created_at} /> },
  { head: "Changed", cell: (u) => <Time row at={u.updated_at} /> },
];

export function UsersPage() {
  const scope = useScope();
  const [filters, setFilters] = useFilters();
  const { q } = filters;
  const users = usePages(["users", scope, { q }], (after, limit) =>
    data(api.GET("/connect/{project_id}/users", { params: { ...within(scope), query: { q, after, limit } } })),
  );
  const search = useCallback((v: string) => setFilters({ q: v }), [setFilters]);
  return (
    <>
      <PageHead
        title="Users"
        text="Your users, known by your own ids."
        actions={
          <>
            <Link {...(paths.erasures(scope) as { to: string })} className={buttonStyle()}>
              Erased users
            </Link>
            <ConnectButton variant="secondary" />
          </>
        }
      />
      <Filters>
        <TextFilter label="Search by external id" value={q ?? ""} onChange={search} className="w-72 max-sm:w-full" />
      </Filters>
      <ListTable
        views="users"
        label="Users"
        query={users}
        columns={columns}
        rowKey={(u) => u.id}
        place={(u) => paths.user(scope, u.external_id)}
        empty={
          q ? (
            <NoMatch clear={() => setFilters({ q: undefined })} />
          ) : (
            <Empty icon={Users} title="No users yet" action={<ConnectButton />}>
              A user comes into being when your server makes the first connect token for their id. You never register one.
            </Empty>
          )
        }
      />
    </>
  );
}
