import { Link } from "@tanstack/react-router";
import { Send } from "lucide-react";
import { useCallback } from "react";
import { listDeliveries } from "@/api/calls";
import type { DeliveryState } from "@/api/types";
import { deliveryColumns } from "@/components/columns";
import { Empty, NoMatch } from "@/components/Empty";
import { Filters, TextFilter } from "@/components/Filters";
import { ListTable } from "@/components/ListTable";
import { PageHead } from "@/components/PageHead";
import { buttonStyle } from "@/components/ui/button";
import { Select } from "@/components/ui/select";
import { useFilters, usePages, useScope } from "@/lib/hooks";
import { paths } from "@/paths";

const states: Record<DeliveryState, string> = { pending: "Pending", sending: "Sending", delivered: "Delivered", exhausted: "Given up" };

export function DeliveriesPage() {
  const scope = useScope();
  const [{ state, event }, setFilters] = useFilters();
  const wanted = state && state in states ? (state as DeliveryState) : undefined;
  const deliveries = usePages(["deliveries", scope, { wanted, event }], (after) => listDeliveries(scope, { state: wanted, event_type: event, after }), 5_000);
  const byEvent = useCallback((v: string) => setFilters({ event: v }), [setFilters]);
  const filtered = wanted || event;
  const clear = () => setFilters({ state: undefined, event: undefined });
  return (
    <>
      <PageHead title="Deliveries" text="Every webhook that was sent or is waiting to be; the list refreshes itself." />
      <Filters clear={filtered ? clear : undefined}>
        <Select label="State" value={wanted ?? ""} onChange={(v) => setFilters({ state: v })} options={[{ value: "", label: "All states" }, ...Object.entries(states).map(([value, label]) => ({ value, label }))]} className="w-40" />
        <TextFilter label="Exact event type" value={event ?? ""} onChange={byEvent} />
      </Filters>
      <ListTable
        label="Deliveries"
        query={deliveries}
        columns={deliveryColumns}
        rowKey={(d) => d.id}
        place={(d) => paths.delivery(scope, d.id)}
        empty={
          filtered ? (
            <NoMatch clear={clear} />
          ) : (
            <Empty
              icon={Send}
              title="No deliveries yet"
              action={
                <Link {...(paths.webhook(scope) as { to: string })} className={buttonStyle({ variant: "primary" })}>
                  Set a webhook
                </Link>
              }
            >
              What a trigger emits is posted to your webhook, the outcome of a connection to the <code>webhook_uri</code> of its connect token, again and again
              until you answer with 2xx. Each of those is kept here.
            </Empty>
          )
        }
      />
    </>
  );
}
