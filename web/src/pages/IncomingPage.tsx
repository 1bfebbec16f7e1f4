import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, data } from "@/api/client";
import type { components } from "@/api/schema.gen";
import { within } from "@/api/types";
import { Async, Skeleton } from "@/components/Async";
import { Letters } from "@/components/Letters";
import { Rows, type Column } from "@/components/ListTable";
import { PageHead } from "@/components/PageHead";
import { Time } from "@/components/Time";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Field, Input } from "@/components/ui/field";
import { Form, FormError, useSubmit } from "@/components/ui/form";
import { useToast } from "@/components/ui/toast";
import { useScope } from "@/lib/hooks";
import { paths } from "@/paths";

type Address = components["schemas"]["AppAddress"];

/** What apps send to one address for many users, and what nobody was found for. */
export function IncomingPage() {
  const scope = useScope();
  const queries = useQueryClient();
  const addresses = useQuery({ queryKey: ["app-addresses", scope], queryFn: async () => (await data(api.GET("/connect/{project_id}/app_addresses", { params: within(scope) }))).data });
  const changed = () => void queries.invalidateQueries({ queryKey: ["app-addresses"] });
  return (
    <>
      <PageHead title="Incoming" text="Some apps send the events of all users to one address. Each goes to the triggers that hear the app, of the users whose account it is about." />
      <div className="space-y-5">
        <Async query={addresses} skeleton={<Skeleton className="h-24" />}>
          {(all) =>
            all.length === 0 ? null : (
              <Card title="Addresses" flush>
                <Rows label="Addresses" rows={all} columns={columns} rowKey={(a) => a.id} place={(a) => paths.appAddress(scope, a.id)} />
              </Card>
            )
          }
        </Async>
        <Card title="New address" text="Give its URL to the app, as the place to send events to.">
          <NewAddress changed={changed} />
        </Card>
        <section>
          <h2 className="mb-2 font-semibold">Nobody was found for</h2>
          <Letters />
        </section>
      </div>
    </>
  );
}

const columns: Column<Address>[] = [
  { head: "App", cell: (a) => <span className="font-medium">{a.app}</span> },
  { head: "Requests", from: "sm", cell: (a) => a.counts.received.toLocaleString(), className: "tabular-nums" },
  { head: "Events", cell: (a) => a.counts.accepted.toLocaleString(), className: "tabular-nums" },
  { head: "Wait", cell: (a) => (a.waiting > 0 ? <Badge tone="warn">{a.waiting.toLocaleString()}</Badge> : "0"), className: "tabular-nums" },
  { head: "False signatures", from: "md", cell: (a) => (a.counts.rejected > 0 ? <span className="text-bad">{a.counts.rejected.toLocaleString()}</span> : "0"), className: "tabular-nums" },
  { head: "Since", from: "lg", cell: (a) => <Time row at={a.created_at} /> },
];

function NewAddress({ changed }: { changed: () => void }) {
  const scope = useScope();
  const toast = useToast();
  const [app, setApp] = useState("");
  const [secret, setSecret] = useState("");
  const { busy, error, form } = useSubmit(async () => {
    await data(api.POST("/connect/{project_id}/app_addresses", { params: within(scope), body: { app, ...(secret && { secrets: [secret] }) } }));
    setApp("");
    setSecret("");
    toast.good("The address is made");
    changed();
  });
  return (
    <Form of={form} className="space-y-3">
      <div className="grid gap-3 sm:grid-cols-2">
        <Field name="app" label="App" hint="Its slug, such as slack.">
          {(ids) => <Input {...ids} value={app} onChange={(e) => setApp(e.target.value)} />}
        </Field>
        <Field name="secrets" label="Secret" hint="What the app signs its events with. It is never shown again.">
          {(ids) => <Input {...ids} type="password" autoComplete="off" value={secret} onChange={(e) => setSecret(e.target.value)} />}
        </Field>
      </div>
      <FormError error={error} />
      <Button type="submit" variant="primary" busy={busy} disabled={app === ""}>
        Make the address
      </Button>
    </Form>
  );
}
