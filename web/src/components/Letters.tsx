import { useQueryClient } from "@tanstack/react-query";
import { Inbox } from "lucide-react";
import { useState, type ReactNode } from "react";
import { api, data } from "@/api/client";
import type { components } from "@/api/schema.gen";
import { within } from "@/api/types";
import { usePages, useScope } from "@/lib/hooks";
import { Empty } from "./Empty";
import { Json } from "./Json";
import { ListTable, type Column } from "./ListTable";
import { Time } from "./Time";
import { Badge } from "./ui/badge";
import { Button } from "./ui/button";
import { Facts } from "./ui/card";
import { Dialog, DialogContent, DialogTrigger } from "./ui/dialog";
import { Select } from "./ui/select";
import { useToast } from "./ui/toast";

type Letter = components["schemas"]["InboundLetter"];

const reasons: Record<Letter["reason"], string> = {
  no_field: "It does not say whom it is for",
  no_account: "Nobody has connected it",
  no_trigger: "Who has, has no trigger that hears the app",
};
const states = { waiting: "Waiting", requeued: "Tried again", discarded: "Discarded" };

/** Requests that nobody was found for: at one address, or at all. */
export function Letters({ addressId }: { addressId?: string }) {
  const scope = useScope();
  const queries = useQueryClient();
  const toast = useToast();
  const [state, setState] = useState<Letter["state"]>("waiting");
  const letters = usePages(
    ["inbound-letters", scope, addressId, state],
    (after, limit) => data(api.GET("/connect/{project_id}/inbound_letters", { params: { ...within(scope), query: { after, limit: limit ?? 50, address_id: addressId, state } } })),
    10_000,
  );
  const resolve = async (l: Letter, action: "requeue" | "discard") => {
    try {
      await data(api.POST("/connect/{project_id}/inbound_letters/{letter_id}/resolve", { params: { ...within(scope), path: { project_id: scope.projectId, letter_id: l.id } }, body: { action } }));
      toast.good(action === "requeue" ? "On its way" : "Discarded");
    } catch (e) {
      toast.bad("It still waits", e);
    }
    for (const key of ["app-addresses", "inbound-letters"]) void queries.invalidateQueries({ queryKey: [key] });
  };
  const columns: Column<Letter>[] = [
    { head: "Why", cell: (l) => <LetterDrawer letter={l} trigger={<button type="button" className="text-left text-accent hover:underline underline-offset-4">{reasons[l.reason]}</button>} /> },
    { head: "It says", from: "sm", cell: (l) => (l.said ? <span className="break-all font-mono text-[0.8125rem]">{l.said}</span> : <span className="text-muted">nothing</span>) },
    { head: "Came", from: "md", cell: (l) => <Time row at={l.created_at} /> },
    {
      head: state === "waiting" ? "Then" : "Became",
      cell: (l) =>
        l.state === "waiting" ? (
          <span className="flex flex-wrap gap-2">
            <Button acts size="sm" variant="secondary" onClick={() => void resolve(l, "requeue")}>
              Try again
            </Button>
            <Button acts size="sm" variant="dangerGhost" onClick={() => void resolve(l, "discard")}>
              Discard
            </Button>
          </span>
        ) : (
          <span className="inline-flex flex-wrap items-center gap-2">
            <Badge tone={l.state === "requeued" ? "good" : "neutral"}>{states[l.state]}</Badge>
            <Time row at={l.resolved_at} />
          </span>
        ),
    },
  ];
  return (
    <div className="space-y-2">
      <Select label="State" value={state} onChange={(v) => setState(v as Letter["state"])} options={Object.entries(states).map(([value, label]) => ({ value, label }))} className="w-40" />
      <ListTable
        label="Letters"
        query={letters}
        columns={columns}
        rowKey={(l) => l.id}
        empty={
          <Empty icon={Inbox} title={state === "waiting" ? "Nothing waits" : "There are none"}>
            What nobody is found for is kept here, to be tried again.
          </Empty>
        }
      />
    </div>
  );
}

function LetterDrawer({ letter: l, trigger }: { letter: Letter; trigger: ReactNode }) {
  return (
    <Dialog>
      <DialogTrigger asChild>{trigger}</DialogTrigger>
      <DialogContent title={reasons[l.reason]} className="max-w-2xl">
        <div className="space-y-4">
          <Facts facts={[["It says", l.said || "nothing"], ["Came", <Time key="t" at={l.created_at} />]]} />
          <Json value={l.request} what="the request" />
        </div>
      </DialogContent>
    </Dialog>
  );
}
