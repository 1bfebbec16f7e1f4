import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { api, data } from "@/api/client";
import type { components } from "@/api/schema.gen";
import { within } from "@/api/types";
import { Async, SkeletonCard } from "@/components/Async";
import { Confirm } from "@/components/Confirm";
import { Code, Id } from "@/components/Copy";
import { Letters } from "@/components/Letters";
import { PageHead } from "@/components/PageHead";
import { Time } from "@/components/Time";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Card, Facts } from "@/components/ui/card";
import { Field, Input } from "@/components/ui/field";
import { Form, FormError, useSubmit } from "@/components/ui/form";
import { useToast } from "@/components/ui/toast";
import { useParam, useScope } from "@/lib/hooks";
import { paths } from "@/paths";

type Address = components["schemas"]["AppAddress"];

const placeOf = (r: Address["route"][number]) => (r.header ? `header ${r.header}` : r.query ? `query ${r.query}` : (r.json ?? ""));

/** One address of an app: whom its events go to, what came, and what nobody was found for. */
export function AppAddressPage() {
  const scope = useScope();
  const id = useParam("addressId");
  const navigate = useNavigate();
  const queries = useQueryClient();
  const addresses = useQuery({
    queryKey: ["app-addresses", scope],
    queryFn: async () => (await data(api.GET("/connect/{project_id}/app_addresses", { params: within(scope) }))).data,
    refetchInterval: 10_000,
  });
  const changed = () => void queries.invalidateQueries({ queryKey: ["app-addresses"] });
  const address = addresses.data?.find((a) => a.id === id);
  return (
    <>
      <PageHead
        title={address?.app ?? "Address"}
        badge={address && address.waiting > 0 && <Badge tone="warn" dot>{`${address.waiting.toLocaleString()} wait`}</Badge>}
        up={{ label: "Incoming", place: paths.incoming(scope) }}
        actions={
          address && (
            <Confirm
              trigger={<Button variant="dangerGhost">Delete</Button>}
              title="Delete this address?"
              text="What the app sends to it is refused from then on, and the letters that wait are gone."
              action="Delete address"
              done="Address deleted"
              act={() => data(api.DELETE("/connect/{project_id}/app_addresses/{address_id}", { params: { ...within(scope), path: { project_id: scope.projectId, address_id: id } } }))}
              after={() => {
                changed();
                void navigate(paths.incoming(scope) as never);
              }}
            />
          )
        }
      />
      <Async query={addresses} skeleton={<SkeletonCard />}>
        {() =>
          address ? (
            <div className="space-y-4">
              <div className="grid gap-4 lg:grid-cols-2">
                <Card title="Address" text="Give it to the app, as the place to send events to.">
                  <div className="space-y-4">
                    <Code code={address.url} what="address" wrap />
                    <Facts facts={[["Id", <Id key="id" id={address.id} />], ["Made", <Time key="m" at={address.created_at} />], ["Changed", <Time key="c" at={address.updated_at} />]]} />
                  </div>
                </Card>
                <Card title="What came in" text="A few seconds behind.">
                  <Counts counts={address.counts} />
                </Card>
              </div>
              <div className="grid gap-4 lg:grid-cols-2">
                <Card title="Whom an event is for">
                  <Routing address={address} />
                </Card>
                <Card title="Secret" text={address.secrets_set > 0 ? "Events are verified by it. What is typed here takes its place at once." : "There is none here: events are verified by the secret of the OAuth client, if the app signs with that, and are refused otherwise."}>
                  <NewSecret address={address} changed={changed} />
                </Card>
              </div>
              <section>
                <h2 className="mb-2 font-semibold">Nobody was found for</h2>
                <Letters addressId={id} />
              </section>
            </div>
          ) : (
            <p className="text-muted">There is no such address any more.</p>
          )
        }
      </Async>
    </>
  );
}

function Counts({ counts: c }: { counts: Address["counts"] }) {
  return (
    <Facts
      facts={[
        ["Requests", c.received.toLocaleString()],
        ["Events taken", c.accepted.toLocaleString()],
        ["Sent before", c.duplicate.toLocaleString()],
        ["Dropped by a condition", c.filtered.toLocaleString()],
        ["Nobody found", c.unrouted > 0 ? <span key="u" className="text-warn">{c.unrouted.toLocaleString()}</span> : "0"],
        ["False signatures", c.rejected > 0 ? <span key="r" className="text-bad">{c.rejected.toLocaleString()}, the last <Time at={c.last_rejected_at} /></span> : "0"],
      ]}
    />
  );
}

function Routing({ address: a }: { address: Address }) {
  const scope = useScope();
  if (a.route.length === 0) {
    return (
      <p>
        As the file of{" "}
        <Link {...(paths.app(scope, a.app) as { to: string })} className="text-accent underline underline-offset-4">
          {a.app}
        </Link>{" "}
        says. An event goes to the triggers that hear the app, of the users whose account it is about.
      </p>
    );
  }
  return (
    <ol className="list-decimal space-y-1 pl-5">
      {a.route.map((r) => (
        <li key={placeOf(r) + r.equals}>
          <code className="text-[0.8125rem]">{placeOf(r)}</code> is the account’s <code className="text-[0.8125rem]">{r.equals}</code>
        </li>
      ))}
    </ol>
  );
}

function NewSecret({ address: a, changed }: { address: Address; changed: () => void }) {
  const scope = useScope();
  const toast = useToast();
  const [secret, setSecret] = useState("");
  const { busy, error, form } = useSubmit(async () => {
    await data(
      api.PUT("/connect/{project_id}/app_addresses/{address_id}", {
        params: { ...within(scope), path: { project_id: scope.projectId, address_id: a.id }, query: { unchanged_since: a.updated_at } },
        body: { route: a.route, secrets: [secret], ...(a.oauth_app_id && { oauth_app_id: a.oauth_app_id }) },
      }),
    );
    setSecret("");
    toast.good("The secret is set");
    changed();
  });
  return (
    <Form of={form} className="space-y-3">
      <Field name="secrets" label="What the app signs its events with" hint="It is never shown again.">
        {(ids) => <Input {...ids} type="password" autoComplete="off" value={secret} onChange={(e) => setSecret(e.target.value)} />}
      </Field>
      <FormError error={error} />
      <Button type="submit" busy={busy} disabled={secret === ""}>
        {a.secrets_set > 0 ? "Replace" : "Set"}
      </Button>
    </Form>
  );
}
