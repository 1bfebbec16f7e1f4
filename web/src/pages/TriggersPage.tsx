import { Link } from "@tanstack/react-router";
import { Ear } from "lucide-react";
import { useCallback } from "react";
import { listTriggers } from "@/api/components";
import { triggerColumns } from "@/components/columns";
import { Empty, NoMatch } from "@/components/Empty";
import { Filters, TextFilter } from "@/components/Filters";
import { ListTable } from "@/components/ListTable";
import { PageHead } from "@/components/PageHead";
import { TriggerOrphans } from "@/components/TriggerOrphans";
import { Button } from "@/components/ui/button";
import { Select } from "@/components/ui/select";
import { useFilters, usePages, useScope } from "@/lib/hooks";
import { paths } from "@/paths";

const kinds = { source: "Look or are told", http: "Have an address" } as const;

/** The triggers that were deployed for users, and how they are getting on. */
export function TriggersPage() {
  const scope = useScope();
  const [{ user, kind }, setFilters] = useFilters();
  const of = kind === "source" || kind === "http" ? kind : undefined;
  const triggers = usePages(["triggers", scope, "list", { user, of }], (after, limit) => listTriggers(scope, { external_user_id: user || undefined, ...(of && { emitter_type: of }), after, limit }), 10_000);
  const byUser = useCallback((v: string) => setFilters({ user: v }), [setFilters]);
  const clear = () => setFilters({ user: undefined, kind: undefined });
  const deploy = (
    <Button asChild variant="primary">
      <Link {...(paths.components(scope, { type: "trigger" }) as { to: string })}>Deploy a trigger</Link>
    </Button>
  );
  return (
    <>
      <PageHead title="Deployed triggers" text="What listens for your users, and whether it can. The list refreshes itself." actions={deploy} />
      <Filters clear={user || of ? clear : undefined}>
        <TextFilter label="External user id" value={user ?? ""} onChange={byUser} />
        <Select label="How" value={of ?? ""} onChange={(v) => setFilters({ kind: v })} options={[{ value: "", label: "All" }, ...Object.entries(kinds).map(([value, label]) => ({ value, label }))]} className="w-44" />
      </Filters>
      <ListTable
        views="triggers"
        label="Deployed triggers"
        query={triggers}
        columns={triggerColumns}
        rowKey={(t) => t.id}
        place={(t) => paths.trigger(scope, t.external_user_id, t.id)}
        empty={
          user || of ? (
            <NoMatch clear={clear} />
          ) : (
            <Empty icon={Ear} title="No trigger is deployed" action={deploy}>
              A trigger listens with a user’s account and emits an event for each thing it hears of. Your server deploys one with <code>triggers/deploy</code>; you can do it here.
            </Empty>
          )
        }
      />
      <div className="mt-4">
        <TriggerOrphans />
      </div>
    </>
  );
}
