import { useQuery, useQueryClient } from "@tanstack/react-query";
import { KeyRound, Plus } from "lucide-react";
import { useState } from "react";
import { apiKeysQuery, clientsQuery, projectsQuery } from "@/api/calls";
import { api, data } from "@/api/client";
import type { APIKey, Client } from "@/api/types";
import { Async, type Faces } from "@/components/Async";
import { ClientForm } from "@/components/ClientForm";
import { ClientName, ClientReach, ClientSwitch, LastUsed, RotateSecret, ScopeList } from "@/components/ClientRow";
import { Confirm } from "@/components/Confirm";
import { Id } from "@/components/Copy";
import { Empty } from "@/components/Empty";
import { Rows, type Column } from "@/components/ListTable";
import { PageHead } from "@/components/PageHead";
import { SecretDialog } from "@/components/SecretDialog";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { useScope, useSession } from "@/lib/hooks";
import { manages } from "@/lib/roles";

export function ClientsPage() {
  const { member } = useSession();
  if (manages(member.role)) return <Managed />;
  return (
    <>
      <PageHead title="API clients and keys" text="How your servers sign in." />
      <p role="note" className="rounded-md border border-line bg-surface px-3 py-2 text-muted">
        Owners and admins see and make API clients and keys, since what these reach is beyond a role. You are {member.role}: ask one of them.
      </p>
    </>
  );
}

function Managed() {
  const scope = useScope();
  const queries = useQueryClient();
  const projects = useQuery(projectsQuery);
  const names = new Map(projects.data?.data.map((p) => [p.id, p.name]));
  const [made, setMade] = useState<Client | APIKey>();
  const [rotated, setRotated] = useState<Client>();
  const [form, setForm] = useState<{ kind: "client" | "key"; old?: Client | APIKey }>();
  const refresh = () => void queries.invalidateQueries({ queryKey: ["clients"] });
  const shown = (c: Client | APIKey) => {
    setMade(c);
    refresh();
  };
  const edit = (kind: "client" | "key", old: Client | APIKey) => (
    <Button size="sm" aria-label={`Change ${old.name}`} onClick={() => setForm({ kind, old })}>
      Change
    </Button>
  );
  return (
    <>
      <PageHead title="API clients and keys" text="How your servers sign in. Give each server its own, with no more than it needs." />
      <Clients names={names} add={() => setForm({ kind: "client" })} edit={(c) => edit("client", c)} rotate={setRotated} refresh={refresh} />
      <Keys names={names} add={() => setForm({ kind: "key" })} edit={(c) => edit("key", c)} refresh={refresh} />
      {form && <ClientForm {...form} projectId={scope.projectId} open setOpen={(o) => !o && setForm(undefined)} done={shown} />}
      <RotateSecret c={rotated} setC={setRotated} made={shown} />
      <SecretDialog
        title={made && "key" in made ? "Copy the API key now" : "Copy the client secret now"}
        text="It is stored as a hash and cannot be shown again."
        values={secretsOf(made)}
        close={() => setMade(undefined)}
      />
    </>
  );
}

function secretsOf(c: Client | APIKey | undefined) {
  if (c && "key" in c && c.key) return [{ label: "API key", value: c.key }];
  if (c && "secret" in c && c.secret) return [{ label: "Client id", value: c.id }, { label: "Client secret", value: c.secret }];
  return null;
}

interface ListProps<T> {
  names: Map<string, string>;
  add: () => void;
  edit: (c: T) => React.ReactNode;
  refresh: () => void;
}

function Clients({ rotate, ...list }: ListProps<Client> & { rotate: (c: Client) => void }) {
  return (
    <Credentials
      {...list}
      title="API clients"
      text="A client exchanges its id and secret for an access token, which is good for an hour."
      word="API client"
      empty="Your server exchanges the id and secret of a client for a short-lived access token and calls the API with that."
      query={useQuery(clientsQuery)}
      known={{ head: "Client id", from: "lg", cell: (c) => <Id id={c.id} what="client id" short /> }}
      more={(c) => (
        <>
          <Button size="sm" aria-label={`New secret for ${c.name}`} onClick={() => rotate(c)}>
            New secret
          </Button>
          {c.previous_secret_until && (
            <Confirm
              trigger={<Button size="sm" aria-label={`End the old secret of ${c.name}`}>End old secret</Button>}
              title={`End the old secret of ${c.name}?`}
              text="A server that still uses it gets no more access tokens."
              action="End old secret"
              done="Old secret ended"
              act={() => data(api.DELETE("/clients/{client_id}/previous_secret", { params: { path: { client_id: c.id } } }))}
              after={list.refresh}
            />
          )}
        </>
      )}
    />
  );
}

function Keys(list: ListProps<APIKey>) {
  return (
    <Credentials
      {...list}
      title="API keys"
      text="A key is sent as it is, without an exchange: for scripts and tools. It can be revoked at any time."
      word="API key"
      empty="Send a key as a bearer token wherever an access token is taken."
      query={useQuery(apiKeysQuery)}
      known={{ head: "Begins with", from: "lg", cell: (c) => <code className="text-[0.8125rem]">{c.hint}…</code> }}
    />
  );
}

interface CredentialsProps<T> extends ListProps<T> {
  title: string;
  text: string;
  word: string;
  /** What an empty list teaches. */
  empty: string;
  query: Faces<{ data: T[] }>;
  /** By what one of them is known. */
  known: Column<T>;
  /** What can be done with these alone. */
  more?: (c: T) => React.ReactNode;
}

/** What servers sign in with, of one kind. */
function Credentials<T extends Client | APIKey>({ names, add, edit, refresh, title, text, word, empty, query, known, more }: CredentialsProps<T>) {
  const columns: Column<T>[] = [
    { head: "Name", cell: (c) => <ClientName c={c} /> },
    known,
    { head: "Reaches", from: "md", cell: (c) => <ClientReach c={c} names={names} /> },
    { head: "Scopes", from: "sm", cell: (c) => <ScopeList scopes={c.scopes} /> },
    { head: "Last used", from: "sm", cell: (c) => <LastUsed c={c} /> },
    {
      head: "Action",
      className: "text-right",
      cell: (c) => (
        <span className="inline-grid grid-cols-[auto_auto] gap-1">
          {edit(c)}
          {more?.(c)}
          <ClientSwitch c={c} after={refresh} />
        </span>
      ),
    },
  ];
  const button = (
    <Button variant="primary" onClick={add}>
      <Plus className="size-4" aria-hidden />
      New {word}
    </Button>
  );
  return (
    <Card title={title} text={text} actions={button} flush className="mb-6">
      <Async query={query}>
        {({ data: rows }) =>
          rows.length === 0 ? (
            <Empty icon={KeyRound} title={`No ${title} yet`}>
              {empty}
            </Empty>
          ) : (
            <Rows label={title} rows={rows} columns={columns} rowKey={(c) => c.id} />
          )
        }
      </Async>
    </Card>
  );
}
