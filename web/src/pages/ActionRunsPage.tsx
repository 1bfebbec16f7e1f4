import { Link } from "@tanstack/react-router";
import { Play } from "lucide-react";
import { useCallback } from "react";
import { listActionRuns } from "@/api/actionRuns";
import type { ActionRunState } from "@/api/types";
import { actionRunColumns } from "@/components/columns";
import { Empty, NoMatch } from "@/components/Empty";
import { Filters, TextFilter } from "@/components/Filters";
import { ListTable } from "@/components/ListTable";
import { PageHead } from "@/components/PageHead";
import { actionRunWords } from "@/components/Status";
import { buttonStyle } from "@/components/ui/button";
import { Select } from "@/components/ui/select";
import { useFilters, usePages, useScope } from "@/lib/hooks";
import { paths } from "@/paths";

/** By which doors runs are asked for. */
const doors: { value: NonNullable<ActionRunState["caller"]>["via"]; label: string }[] = [
  { value: "api", label: "By the API" },
  { value: "mcp", label: "Over MCP" },
  { value: "workflow", label: "By a workflow" },
];

/** Which actions were run, for whom, and how it went. */
export function ActionRunsPage() {
  const scope = useScope();
  const [{ status, action, user, via, caller }, setFilters] = useFilters();
  const of = actionRunWords.find((w) => w.value === status)?.value as ActionRunState["status"] | undefined;
  const door = doors.find((d) => d.value === via)?.value;
  const runs = usePages(["action_runs", scope, "list", { of, action, user, door, caller }], (after, limit) => listActionRuns(scope, { status: of, component_id: action || undefined, external_user_id: user || undefined, via: door, caller_id: caller || undefined, after, limit }), 5_000);
  const byAction = useCallback((v: string) => setFilters({ action: v }), [setFilters]);
  const byUser = useCallback((v: string) => setFilters({ user: v }), [setFilters]);
  const byCaller = useCallback((v: string) => setFilters({ caller: v }), [setFilters]);
  const filtered = of || action || user || door || caller;
  const clear = () => setFilters({ status: undefined, action: undefined, user: undefined, via: undefined, caller: undefined });
  return (
    <>
      <PageHead title="Action runs" text="Every run of an action, by your server, your users’ browsers and this console; the list refreshes itself." />
      <Filters clear={filtered ? clear : undefined}>
        <Select label="Status" value={of ?? ""} onChange={(v) => setFilters({ status: v })} options={[{ value: "", label: "Any status" }, ...actionRunWords]} className="w-36" />
        <TextFilter label="Key of the action" value={action ?? ""} onChange={byAction} />
        <TextFilter label="External user id" value={user ?? ""} onChange={byUser} className="w-48 max-sm:w-full" />
        <Select label="Asked by" value={door ?? ""} onChange={(v) => setFilters({ via: v })} options={[{ value: "", label: "Asked anyhow" }, ...doors]} className="w-36" />
        <TextFilter label="Id of who asked" value={caller ?? ""} onChange={byCaller} className="w-48 max-sm:w-full" />
      </Filters>
      <ListTable
        views="action-runs"
        label="Action runs"
        query={runs}
        columns={actionRunColumns}
        rowKey={(r) => r.id}
        place={(r) => paths.actionRun(scope, r.id)}
        empty={
          filtered ? (
            <NoMatch clear={clear} />
          ) : (
            <Empty
              icon={Play}
              title="No action was run yet"
              action={
                <Link {...(paths.components(scope, { type: "action" }) as { to: string })} className={buttonStyle({ variant: "primary" })}>
                  Run one
                </Link>
              }
            >
              An action does one thing for a user in an app. Your server runs one with <code>actions/run</code>; you can try each here.
            </Empty>
          )
        }
      />
    </>
  );
}
