import { useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Plus, Webhook } from "lucide-react";
import { useState } from "react";
import { listEndpoints } from "@/api/calls";
import type { Endpoint } from "@/api/types";
import { Empty } from "@/components/Empty";
import { EndpointForm } from "@/components/EndpointForm";
import { EndpointBadge, EndpointWhy, Hears } from "@/components/EndpointState";
import { ListTable, type Column } from "@/components/ListTable";
import { PageHead } from "@/components/PageHead";
import { SigningKeyDialog } from "@/components/SigningKeyDialog";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Dialog, DialogContent, DialogTrigger } from "@/components/ui/dialog";
import { usePages, useScope } from "@/lib/hooks";
import { paths } from "@/paths";

const columns: Column<Endpoint>[] = [
  { head: "Endpoint", cell: (e) => e.description ? <span className="break-words">{e.description}</span> : <span className="break-all">{e.url}</span>, className: "max-w-xs min-w-36" },
  { head: "Status", cell: (e) => <EndpointBadge endpoint={e} />, className: "whitespace-nowrap" },
  { head: "Last success", from: "md", cell: (e) => <EndpointWhy endpoint={e} /> },
  { head: "Hears of", from: "lg", cell: (e) => <Hears types={e.event_types} />, className: "max-w-xs" },
  { head: "Set at", from: "sm", cell: (e) => <Badge>{e.main ? "environment’s webhook" : e.level === "trigger" ? "trigger" : "environment"}</Badge> },
];

/** Where this environment's events go. */
export function EndpointsPage() {
  const scope = useScope();
  const queries = useQueryClient();
  const [open, setOpen] = useState(false);
  const [made, setMade] = useState<Endpoint>();
  const endpoints = usePages(["endpoints", scope], (after, limit) => listEndpoints(scope, { after, limit }), 5_000);
  const add = (
    <Dialog open={open} onOpenChange={setOpen}>
      <DialogTrigger asChild>
        <Button variant="primary">
          <Plus className="size-4" aria-hidden />
          Add an endpoint
        </Button>
      </DialogTrigger>
      <DialogContent title="Add an endpoint" className="max-w-xl">
        <EndpointForm
          saved={(e) => {
            setOpen(false);
            setMade(e);
            void queries.invalidateQueries({ queryKey: ["endpoints"] });
          }}
        />
      </DialogContent>
    </Dialog>
  );
  return (
    <>
      <PageHead
        title="Endpoints"
        text={
          <>
            Each hears of the events of {scope.environment} that it asks for. A trigger with webhooks of its own tells those alone. What there is to hear of, the{" "}
            <Link {...(paths.eventTypes(scope) as { to: string })} className="text-accent underline underline-offset-4">
              event catalogue
            </Link>{" "}
            says.
          </>
        }
        actions={add}
      />
      <ListTable
        label="Endpoints"
        query={endpoints}
        columns={columns}
        rowKey={(e) => e.id}
        place={(e) => paths.endpoint(scope, e.id)}
        empty={
          <Empty icon={Webhook} title="No endpoints yet">
            An endpoint is an address of yours that is told what happens: an account that breaks, a trigger that emits. Deliveries are signed, tried again for
            about a day, and kept on record.
          </Empty>
        }
      />
      <SigningKeyDialog shown={made} text="; if it is lost, make a new one." close={() => setMade(undefined)} />
    </>
  );
}
