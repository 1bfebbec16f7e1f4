import { useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Download, MailCheck, RotateCw, Trash2 } from "lucide-react";
import { useState } from "react";
import { listDeadLetters } from "@/api/calls";
import { api, data } from "@/api/client";
import { within, type Delivery, type DeliveryFilter } from "@/api/types";
import { Confirm } from "@/components/Confirm";
import { DeliveryFilters, isFiltered, noFilter } from "@/components/DeliveryFilters";
import { Empty, NoMatch } from "@/components/Empty";
import { ListTable, type Column } from "@/components/ListTable";
import { PageHead } from "@/components/PageHead";
import { ReplayCard } from "@/components/ReplayCard";
import { ReplayDialog } from "@/components/ReplayDialog";
import { AnswerBadge } from "@/components/Status";
import { Time } from "@/components/Time";
import { Button } from "@/components/ui/button";
import { Checkbox } from "@/components/ui/field";
import { useToast } from "@/components/ui/toast";
import { filterOf } from "@/lib/deliveries";
import { useFilters, usePages, useScope } from "@/lib/hooks";
import { paths } from "@/paths";

/** What was given up: why, since when, and whether it is sent again, kept elsewhere or discarded. */
export function DeadLettersPage() {
  const scope = useScope();
  const queries = useQueryClient();
  const toast = useToast();
  const [search, setFilters] = useFilters();
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const { state: _, ...filter } = filterOf(search);
  const letters = usePages(["deliveries", scope, "dead", filter], (after, limit) => listDeadLetters(scope, { ...filter, after, limit }), 5_000);
  const shown = letters.data?.pages.flatMap((p) => p.data) ?? [];
  const total = letters.data?.pages.at(-1)?.page_info.total_count ?? 0;
  const ids = shown.map((d) => d.id).filter((id) => chosen.has(id));
  const acted: DeliveryFilter = ids.length > 0 ? { delivery_ids: ids } : filter;
  const words = ids.length > 0 ? `${ids.length} chosen` : isFiltered(search) ? "all that match" : "all";
  const choose = (d: Delivery, on: boolean) => {
    const next = new Set(chosen);
    if (on) next.add(d.id);
    else next.delete(d.id);
    setChosen(next);
  };
  const refresh = () => {
    setChosen(new Set());
    void queries.invalidateQueries({ queryKey: ["deliveries"] });
  };
  const discard = async () => {
    for (let more = true; more; ) {
      ({ more } = await data(api.POST("/projects/{project_id}/dead_letters/discard", { params: within(scope), body: { filter: acted } })));
    }
  };
  const download = async () => {
    try {
      const lines = await data(api.GET("/projects/{project_id}/dead_letters/export", { params: { ...within(scope), query: filter }, parseAs: "blob" }));
      const url = URL.createObjectURL(lines as unknown as Blob);
      Object.assign(document.createElement("a"), { href: url, download: `dead-letters-${scope.environment}.jsonl` }).click();
      URL.revokeObjectURL(url);
    } catch (e) {
      toast.bad("Nothing was downloaded", e);
    }
  };
  const columns: Column<Delivery>[] = [
    {
      head: "Event",
      cell: (d) => (
        <span className="inline-flex items-center gap-2">
          <Checkbox label={`Choose ${d.id}`} hidden checked={chosen.has(d.id)} onChange={(on) => choose(d, on)} />
          <Link {...(paths.delivery(scope, d.id) as { to: string })} className="break-all font-mono text-[0.8125rem] hover:underline underline-offset-4">
            {d.event_type}
          </Link>
        </span>
      ),
    },
    { head: "Last answer", cell: (d) => <AnswerBadge status={d.last_status} error={d.last_error} /> },
    { head: "Attempts", from: "sm", cell: (d) => d.attempts, className: "tabular-nums" },
    { head: "User", from: "md", cell: (d) => <span className="block max-w-40 truncate">{d.external_user_id || <span className="text-muted">none</span>}</span> },
    { head: "To", from: "lg", cell: (d) => <span className="block max-w-56 truncate" title={d.url}>{d.url}</span> },
    { head: "Created", from: "md", cell: (d) => <Time row at={d.created_at} /> },
    { head: "Given up", from: "sm", cell: (d) => <Time row at={d.finished_at} /> },
  ];
  return (
    <>
      <PageHead
        title="Dead letters"
        text="Deliveries that were given up after their last retry. They wait here until they are sent again, or discarded."
        actions={
          total > 0 && (
            <>
              <Button onClick={() => void download()}>
                <Download className="size-4" aria-hidden />
                Export
              </Button>
              <Confirm
                trigger={
                  <Button variant="dangerGhost">
                    <Trash2 className="size-4" aria-hidden />
                    Discard {words}
                  </Button>
                }
                title={`Discard ${words}?`}
                text="They are not sent any more. They stay in the list of deliveries, and one of them can still be sent from its page."
                action="Discard"
                done="Discarded"
                act={discard}
                after={refresh}
              />
              <ReplayDialog
                scope={scope}
                filter={{ ...acted, state: "exhausted" }}
                what="Its retries begin anew."
                trigger={
                  <Button variant="primary">
                    <RotateCw className="size-4" aria-hidden />
                    Send {words} again
                  </Button>
                }
              />
            </>
          )
        }
      />
      <ReplayCard scope={scope} />
      <DeliveryFilters search={search} change={setFilters} />
      <ListTable
        views="dead-letters"
        label="Dead letters"
        query={letters}
        columns={columns}
        rowKey={(d) => d.id}
        empty={
          isFiltered(search) ? (
            <NoMatch clear={() => setFilters(noFilter)} />
          ) : (
            <Empty icon={MailCheck} title="Nothing was given up">
              A delivery that failed at each try, for about a day, ends up here.
            </Empty>
          )
        }
      />
    </>
  );
}
