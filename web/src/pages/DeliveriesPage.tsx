import { Link } from "@tanstack/react-router";
import { RotateCw, Send } from "lucide-react";
import { listDeliveries } from "@/api/calls";
import { deliveryColumns } from "@/components/columns";
import { DeliveryFilters, isFiltered, noFilter } from "@/components/DeliveryFilters";
import { Empty, NoMatch } from "@/components/Empty";
import { ListTable } from "@/components/ListTable";
import { PageHead } from "@/components/PageHead";
import { ReplayCard } from "@/components/ReplayCard";
import { ReplayDialog } from "@/components/ReplayDialog";
import { Button, buttonStyle } from "@/components/ui/button";
import { filterOf } from "@/lib/deliveries";
import { useFilters, usePages, useScope } from "@/lib/hooks";
import { paths } from "@/paths";

/** What was sent to webhooks, and what waits to be; all that a filter shows can be sent again. */
export function DeliveriesPage() {
  const scope = useScope();
  const [search, setFilters] = useFilters();
  const filter = filterOf(search);
  const deliveries = usePages(["deliveries", scope, filter], (after, limit) => listDeliveries(scope, { ...filter, after, limit }), 5_000);
  const filtered = isFiltered(search);
  return (
    <>
      <PageHead
        title="Deliveries"
        text="Every webhook that was sent or is waiting to be; the list refreshes itself."
        actions={
          <ReplayDialog
            scope={scope}
            filter={filter}
            anywhere
            what={filtered ? "All that the filter shows is sent where it went." : "There is no filter: all that was ever sent is sent again."}
            trigger={
              <Button>
                <RotateCw className="size-4" aria-hidden />
                Send again …
              </Button>
            }
          />
        }
      />
      <ReplayCard scope={scope} />
      <DeliveryFilters withState search={search} change={setFilters} />
      <ListTable
        views="deliveries"
        label="Deliveries"
        query={deliveries}
        columns={deliveryColumns}
        rowKey={(d) => d.id}
        place={(d) => paths.delivery(scope, d.id)}
        empty={
          filtered ? (
            <NoMatch clear={() => setFilters(noFilter)} />
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
