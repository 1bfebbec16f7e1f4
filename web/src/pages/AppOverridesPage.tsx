import { useQueryClient } from "@tanstack/react-query";
import { Pencil, Plus, SlidersHorizontal } from "lucide-react";
import { useState } from "react";
import { listAppOverrides } from "@/api/calls";
import { api, data } from "@/api/client";
import type { AppOverride } from "@/api/types";
import { AppIcon } from "@/components/AppIcon";
import { AppOverrideForm } from "@/components/AppOverrideForm";
import { Confirm } from "@/components/Confirm";
import { Id } from "@/components/Copy";
import { Empty } from "@/components/Empty";
import { ListTable, type Column } from "@/components/ListTable";
import { PageHead } from "@/components/PageHead";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Dialog, DialogContent } from "@/components/ui/dialog";
import { useToast } from "@/components/ui/toast";
import { usePages, useScope } from "@/lib/hooks";

/** What the project sets for apps before its users are asked. It counts in both environments. */
export function AppOverridesPage() {
  const { projectId } = useScope();
  const queries = useQueryClient();
  const toast = useToast();
  const [shown, setShown] = useState<{ override?: AppOverride }>();
  const overrides = usePages(["app_overrides", projectId], (after, limit) => listAppOverrides(projectId, { after, limit }));
  const refresh = () => void queries.invalidateQueries({ queryKey: ["app_overrides"] });
  const add = (
    <Button variant="primary" onClick={() => setShown({})}>
      <Plus className="size-4" aria-hidden />
      Add an app override
    </Button>
  );
  return (
    <>
      <PageHead title="App overrides" text="Fields and OAuth clients that you set for your users, so that nobody is asked for them. They serve both environments." actions={add} />
      <ListTable
        label="App overrides"
        query={overrides}
        columns={columns(projectId, (override) => setShown({ override }), refresh)}
        rowKey={(o) => o.id}
        empty={
          <Empty icon={SlidersHorizontal} title="No app overrides yet" action={add}>
            Do all your users connect the same Zendesk, or a region that you know? Set it here, and name the override when you create a connect token. Its users are not
            asked, and cannot change it. Secrets are never set this way.
          </Empty>
        }
      />
      <Dialog open={shown !== undefined} onOpenChange={(open) => !open && setShown(undefined)}>
        {shown && (
          <DialogContent title={shown.override ? "Edit app override" : "Add an app override"} className="max-w-lg">
            <AppOverrideForm
              override={shown.override}
              saved={() => {
                refresh();
                setShown(undefined);
                toast.good("App override saved");
              }}
            />
          </DialogContent>
        )}
      </Dialog>
    </>
  );
}

function columns(projectId: string, edit: (o: AppOverride) => void, refresh: () => void): Column<AppOverride>[] {
  return [
    {
      head: "Name",
      cell: (o) => (
        <span className="inline-flex min-w-0 items-center gap-2.5 align-middle">
          <AppIcon app={o.app} size={24} />
          <span className="min-w-0">
            <span className="block max-w-28 truncate font-medium sm:max-w-40">{o.name}</span>
            <span className="block text-xs text-muted">{o.app.name}</span>
          </span>
        </span>
      ),
    },
    { head: "Sets", from: "sm", cell: (o) => <Sets override={o} /> },
    { head: "Id", from: "md", cell: (o) => <Id id={o.id} what="id of the override" short /> },
    {
      head: "Actions",
      className: "text-right whitespace-nowrap",
      cell: (o) => (
        <span className="inline-flex items-center gap-1">
          <Button size="iconSm" variant="ghost" title="Edit" aria-label={`Edit ${o.name}`} onClick={() => edit(o)}>
            <Pencil className="size-4" aria-hidden />
          </Button>
          <Confirm
            trigger={
              <Button size="sm" variant="dangerGhost" className="ml-1" aria-label={`Delete ${o.name}`}>
                Delete
              </Button>
            }
            title={`Delete the app override ${o.name}?`}
            text="Connect tokens that name it connect no more. Accounts that were made with it stay as they are."
            action="Delete app override"
            done="App override deleted"
            act={() => data(api.DELETE("/connect/{project_id}/app_overrides/{app_override_id}", { params: { path: { project_id: projectId, app_override_id: o.id } } }))}
            after={refresh}
          />
        </span>
      ),
    },
  ];
}

function Sets({ override: o }: { override: AppOverride }) {
  const fields = Object.entries(o.cfmap);
  if (fields.length === 0 && !o.oauth_app_id) return <span className="text-muted">nothing yet</span>;
  return (
    <span className="flex flex-wrap gap-1">
      {fields.map(([name, value]) => (
        <Badge key={name} className="h-auto min-h-5 rounded whitespace-normal break-all font-mono font-normal">
          {name}: {value}
        </Badge>
      ))}
      {o.oauth_app_id && <Badge tone="info">OAuth client</Badge>}
    </span>
  );
}
