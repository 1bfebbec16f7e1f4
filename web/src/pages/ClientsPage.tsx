import { useQuery, useQueryClient } from "@tanstack/react-query";
import { KeyRound, Plus } from "lucide-react";
import { useState } from "react";
import { clientsQuery } from "@/api/calls";
import { api, data } from "@/api/client";
import type { Client } from "@/api/types";
import { Async } from "@/components/Async";
import { Confirm } from "@/components/Confirm";
import { Id } from "@/components/Copy";
import { Empty } from "@/components/Empty";
import { Rows, type Column } from "@/components/ListTable";
import { NewClient } from "@/components/NewClient";
import { PageHead } from "@/components/PageHead";
import { SecretDialog } from "@/components/SecretDialog";
import { Time } from "@/components/Time";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";

export function ClientsPage() {
  const clients = useQuery(clientsQuery);
  const queries = useQueryClient();
  const [made, setMade] = useState<Client>();
  const [open, setOpen] = useState(false);
  const refresh = () => queries.invalidateQueries({ queryKey: ["clients"] });
  const columns: Column<Client>[] = [
    { head: "Name", cell: (c) => <span className="break-words font-medium">{c.name}</span> },
    { head: "Client id", from: "md", cell: (c) => <Id id={c.id} what="client id" short /> },
    { head: "Scopes", from: "sm", cell: (c) => <ScopeList scopes={c.scopes} /> },
    { head: "Last used", cell: (c) => <Time row at={c.last_used_at} none="never" /> },
    { head: "Created", from: "lg", cell: (c) => <Time row at={c.created_at} /> },
    {
      head: "Action",
      className: "text-right",
      cell: (c) => (
        <Confirm
          trigger={
            <Button size="sm" variant="dangerGhost" aria-label={`Delete ${c.name}`}>
              Delete
            </Button>
          }
          title={`Delete ${c.name}?`}
          text="It gets no more access tokens, and those it has are refused within a minute. A server that uses it stops working."
          action="Delete client"
          done="API client deleted"
          act={() => data(api.DELETE("/clients/{client_id}", { params: { path: { client_id: c.id } } }))}
          after={() => void refresh()}
        />
      ),
    },
  ];
  const add = (
    <Button variant="primary" onClick={() => setOpen(true)}>
      <Plus className="size-4" aria-hidden />
      New API client
    </Button>
  );
  return (
    <>
      <PageHead title="API clients" text="How your servers sign in. They belong to the workspace and reach all of its projects." actions={add} />
      <section className="rounded-lg border border-line bg-surface shadow-card">
        <Async query={clients}>
          {({ data: rows }) =>
            rows.length === 0 ? (
              <Empty icon={KeyRound} title="No API clients yet" action={add}>
                Your server exchanges the id and secret of a client for a short-lived access token and calls the API with that. Give each server its own
                client, with no more scopes than it needs.
              </Empty>
            ) : (
              <Rows label="API clients" rows={rows} columns={columns} rowKey={(c) => c.id} />
            )
          }
        </Async>
      </section>
      <NewClient
        open={open}
        setOpen={setOpen}
        made={(c) => {
          setMade(c);
          void refresh();
        }}
      />
      <SecretDialog
        title="Copy the client secret now"
        text="It is stored as a hash and cannot be shown again."
        values={made?.secret ? [{ label: "Client id", value: made.id }, { label: "Client secret", value: made.secret }] : null}
        close={() => setMade(undefined)}
      />
    </>
  );
}

function ScopeList({ scopes }: { scopes: string[] }) {
  const shown = scopes.slice(0, 3);
  return (
    <span className="flex flex-wrap gap-1" title={scopes.join("\n")}>
      {shown.map((s) => (
        <Badge key={s} className="rounded font-mono font-normal">
          {s === "*" ? "* (everything)" : s}
        </Badge>
      ))}
      {scopes.length > 3 && <Badge className="rounded font-normal">+{scopes.length - 3}</Badge>}
    </span>
  );
}
