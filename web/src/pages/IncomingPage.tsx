import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Inbox } from "lucide-react";
import { useState } from "react";
import { api, data } from "@/api/client";
import type { components } from "@/api/schema.gen";
import { within } from "@/api/types";
import { Async, Skeleton } from "@/components/Async";
import { Confirm } from "@/components/Confirm";
import { Code } from "@/components/Copy";
import { Empty } from "@/components/Empty";
import { ListTable, type Column } from "@/components/ListTable";
import { PageHead } from "@/components/PageHead";
import { Time } from "@/components/Time";
import { Button } from "@/components/ui/button";
import { Card, Facts } from "@/components/ui/card";
import { Field, Input } from "@/components/ui/field";
import { FormError, useSubmit } from "@/components/ui/form";
import { useToast } from "@/components/ui/toast";
import { usePages, useScope } from "@/lib/hooks";

type Letter = components["schemas"]["InboundLetter"];
type Address = components["schemas"]["AppAddress"];

const reasons: Record<Letter["reason"], string> = {
  no_field: "It does not say whom it is for",
  no_account: "Nobody has connected it",
  no_trigger: "Who has, has no trigger that hears the app",
};

/** What apps send to one address for many users, and what nobody was found for. */
export function IncomingPage() {
  const scope = useScope();
  const queries = useQueryClient();
  const toast = useToast();
  const addresses = useQuery({ queryKey: ["app-addresses", scope], queryFn: async () => (await data(api.GET("/connect/{project_id}/app_addresses", { params: within(scope) }))).data });
  const letters = usePages(["inbound-letters", scope], (after) => data(api.GET("/connect/{project_id}/inbound_letters", { params: { ...within(scope), query: { after, limit: 50 } } })), 10_000);
  const changed = () => {
    for (const key of ["app-addresses", "inbound-letters"]) void queries.invalidateQueries({ queryKey: [key] });
  };
  const resolve = async (l: Letter, action: "requeue" | "discard") => {
    try {
      await data(api.POST("/connect/{project_id}/inbound_letters/{letter_id}/resolve", { params: { ...within(scope), path: { project_id: scope.projectId, letter_id: l.id } }, body: { action } }));
      toast.good(action === "requeue" ? "On its way" : "Discarded");
    } catch (e) {
      toast.bad("It still waits", e);
    }
    changed();
  };
  const columns: Column<Letter>[] = [
    { head: "Why", cell: (l) => reasons[l.reason] },
    { head: "It says", cell: (l) => <span className="break-all font-mono text-[0.8125rem]">{l.said || "nothing"}</span> },
    { head: "Came", from: "sm", cell: (l) => <Time row at={l.created_at} /> },
    {
      head: "Then",
      cell: (l) => (
        <span className="flex flex-wrap gap-2">
          <Button size="sm" variant="secondary" onClick={() => void resolve(l, "requeue")}>
            Try again
          </Button>
          <Button size="sm" variant="dangerGhost" onClick={() => void resolve(l, "discard")}>
            Discard
          </Button>
        </span>
      ),
    },
  ];
  return (
    <>
      <PageHead title="Incoming" text="Some apps send the events of all users to one address. Each goes to the triggers that hear the app, of the users whose account it is about." />
      <div className="space-y-5">
        <Async query={addresses} skeleton={<Skeleton className="h-24" />}>
          {(all) => all.map((a) => <AddressCard key={a.id} address={a} changed={changed} />)}
        </Async>
        <Card title="A new address">
          <NewAddress changed={changed} />
        </Card>
        <section>
          <h2 className="mb-2 font-semibold">Nobody was found for</h2>
          <ListTable label="Letters" query={letters} columns={columns} rowKey={(l) => l.id} empty={<Empty icon={Inbox} title="Nothing waits">What nobody is found for is kept here, to be tried again.</Empty>} />
        </section>
      </div>
    </>
  );
}

function AddressCard({ address: a, changed }: { address: Address; changed: () => void }) {
  const scope = useScope();
  return (
    <Card
      title={a.app}
      actions={
        <Confirm
          trigger={<Button size="sm" variant="dangerGhost">Delete</Button>}
          title="Delete this address?"
          text="What the app sends to it is refused from then on, and the letters that wait are gone."
          action="Delete address"
          done="Address deleted"
          act={() => data(api.DELETE("/connect/{project_id}/app_addresses/{address_id}", { params: { ...within(scope), path: { project_id: scope.projectId, address_id: a.id } } }))}
          after={changed}
        />
      }
    >
      <Code code={a.url} what="address" wrap />
      <Facts
        facts={[
          ["Requests", a.counts.received.toLocaleString()],
          ["Events taken", a.counts.accepted.toLocaleString()],
          ["Sent before", a.counts.duplicate.toLocaleString()],
          ["Nobody found", a.counts.unrouted.toLocaleString()],
          ["False signatures", a.counts.rejected.toLocaleString()],
          ["Secrets", String(a.secrets_set)],
        ]}
      />
    </Card>
  );
}

function NewAddress({ changed }: { changed: () => void }) {
  const scope = useScope();
  const [app, setApp] = useState("");
  const [secret, setSecret] = useState("");
  const { onSubmit, busy, error } = useSubmit(async () => {
    await data(api.POST("/connect/{project_id}/app_addresses", { params: within(scope), body: { app, ...(secret && { secrets: [secret] }) } }));
    setApp("");
    setSecret("");
    changed();
  });
  return (
    <form onSubmit={onSubmit} className="space-y-3">
      <div className="grid gap-3 sm:grid-cols-2">
        <Field label="App" hint="Its slug, such as slack.">
          {(ids) => <Input {...ids} value={app} onChange={(e) => setApp(e.target.value)} />}
        </Field>
        <Field label="Secret" hint="What the app signs its events with. It is never shown again.">
          {(ids) => <Input {...ids} type="password" autoComplete="off" value={secret} onChange={(e) => setSecret(e.target.value)} />}
        </Field>
      </div>
      <FormError error={error} />
      <Button type="submit" disabled={busy || app === ""}>
        Make the address
      </Button>
    </form>
  );
}
