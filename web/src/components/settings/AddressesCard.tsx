import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, ApiError, data } from "@/api/client";
import type { components } from "@/api/schema.gen";
import { Async } from "@/components/Async";
import { useConflict } from "@/components/ChangedMeanwhile";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Checkbox, Field, inputStyle } from "@/components/ui/field";
import { Form, FormError, useSubmit } from "@/components/ui/form";
import { useToast } from "@/components/ui/toast";
import { cn } from "@/lib/cn";
import { useDraft } from "@/lib/draft";

type Addresses = components["schemas"]["AllowedAddresses"];

const query = { queryKey: ["allowed-addresses"], queryFn: () => data(api.GET("/workspace/allowed_addresses")), staleTime: 0 };

/** From where the workspace's console may be used; for who manages it. */
export function AddressesCard() {
  const addresses = useQuery(query);
  return (
    <Card title="Addresses that may use the console" text="Members of this workspace who come from elsewhere are refused, also where they are signed in already. API clients and keys are not held to it.">
      <Async query={addresses}>{(a) => <AddressesForm saved={a} />}</Async>
    </Card>
  );
}

function AddressesForm({ saved }: { saved: Addresses }) {
  const queries = useQueryClient();
  const toast = useToast();
  const { draft, set, first, take } = useDraft(saved, (a) => ({ text: a.addresses.join("\n") }));
  const [force, setForce] = useState(false);
  const [shutOut, setShutOut] = useState(false);
  const list = draft.text.split(/[\s,]+/).filter(Boolean);
  const theirs = (now: Addresses) => {
    take(now);
    setShutOut(false);
    queries.setQueryData(query.queryKey, now);
  };
  const save = async (since = first.updated_at) => {
    try {
      const next = await data(api.PUT("/workspace/allowed_addresses", { params: { query: { unchanged_since: since } }, body: { addresses: list, force: shutOut && force } }));
      theirs(next);
      toast.good(next.addresses.length > 0 ? "Only these addresses may use the console" : "The console may be used from everywhere");
    } catch (e) {
      setShutOut(e instanceof ApiError && e.code === "shuts_you_out");
      throw e;
    }
  };
  const { guard, dialog } = useConflict<Addresses>({
    what: "list of addresses",
    log: { action: "workspace.addresses_changed", since: first.updated_at },
    own: () => ({ addresses: list }),
    read: ({ addresses }) => ({ addresses }),
    first: () => first,
    newest: () => query.queryFn(),
    mine: (now) => save(now.updated_at),
    theirs,
  });
  const { busy, error, form } = useSubmit(() => guard(save));
  const own = saved.your_address;
  return (
    <Form of={form} className="space-y-4">
      <Field
        name="addresses"
        label="Addresses and prefixes"
        hint={
          <>
            One a line, of IPv4 or IPv6; empty: from everywhere. {own && <>You come from <code className="break-all">{own}</code>.</>}
          </>
        }
      >
        {(ids) => (
          <textarea
            {...ids}
            rows={4}
            value={draft.text}
            onChange={(e) => set({ text: e.target.value })}
            placeholder={"203.0.113.0/24\n2001:db8::/32"}
            spellCheck={false}
            autoComplete="off"
            className={cn(inputStyle, "h-auto py-1.5 font-mono text-[0.8125rem]")}
          />
        )}
      </Field>
      {shutOut && <Checkbox name="force" label="Save it all the same" hint="You are refused from the next request on. Whoever runs the installation can take the list away: patchbay addresses clear." checked={force} onChange={setForce} />}
      <FormError error={error} />
      <div className="flex flex-wrap gap-2">
        <Button type="submit" variant="primary" busy={busy} disabled={list.join() === saved.addresses.join()}>
          Save addresses
        </Button>
        {own && !list.includes(own) && (
          <Button onClick={() => set({ text: [...list, own].join("\n") })} disabled={busy}>
            Add my address
          </Button>
        )}
      </div>
      {dialog}
    </Form>
  );
}
