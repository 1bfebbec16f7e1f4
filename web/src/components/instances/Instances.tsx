import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Plus, UserCog } from "lucide-react";
import { useState } from "react";
import { workflowsQuery } from "@/api/calls";
import { listInstances, makeInstance, putInstance } from "@/api/instances";
import type { Instance } from "@/api/types";
import { usePages, useScope } from "@/lib/hooks";
import { paths } from "@/paths";
import { Ask } from "../Ask";
import { Empty } from "../Empty";
import { ListTable, type Column } from "../ListTable";
import { Time } from "../Time";
import { Badge } from "../ui/badge";
import { Button } from "../ui/button";
import { Form, FormActions, useSubmit } from "../ui/form";
import { Select, SelectField } from "../ui/select";
import { useToast } from "../ui/toast";
import { UserField } from "../UserField";

export const InstanceBadge = ({ active }: { active: boolean }) => <Badge tone={active ? "good" : "neutral"}>{active ? "On" : "Off"}</Badge>;

/** Switches what a user has of a workflow on or off; its settings stay. */
export function useSwitch() {
  const scope = useScope();
  const queries = useQueryClient();
  const toast = useToast();
  const [busy, setBusy] = useState<string>();
  const flip = async (i: Instance) => {
    setBusy(i.id);
    try {
      await putInstance(scope, i.external_user_id, i.workflow_id, { active: !i.active, config: i.config, account_map: i.account_map }, i.updated_at);
      toast.good(i.active ? `Off for ${i.external_user_id}` : `On for ${i.external_user_id}`);
      await queries.invalidateQueries({ queryKey: ["instances"] });
    } catch (e) {
      toast.bad("Not switched", e);
    } finally {
      setBusy(undefined);
    }
  };
  return { busy, flip };
}

/** What users have of a workflow, or a user of all of them. */
export function Instances({ workflowId, user }: { workflowId?: string; user?: string }) {
  const scope = useScope();
  const [state, setState] = useState("");
  const { busy, flip } = useSwitch();
  const active = state === "" ? undefined : state === "on";
  const instances = usePages(["instances", scope, { workflowId, user, active }], (after, limit) => listInstances(scope, { workflow_id: workflowId, external_user_id: user, active, after, limit: limit ?? 20 }));
  const workflows = useQuery({ ...workflowsQuery(scope), enabled: !workflowId });
  const name = (id: string) => workflows.data?.data.find((w) => w.id === id)?.name ?? id;
  const columns: Column<Instance>[] = [
    { head: workflowId ? "User" : "Workflow", cell: (i) => <span className="block max-w-32 truncate sm:max-w-56">{workflowId ? i.external_user_id : name(i.workflow_id)}</span> },
    { head: "State", cell: (i) => <InstanceBadge active={i.active} /> },
    { head: "Settings", from: "sm", cell: (i) => <Names of={i.config} none="none" /> },
    { head: "Accounts chosen", from: "md", cell: (i) => <Names of={i.account_map} none="the only ones" /> },
    { head: "Changed", from: "lg", cell: (i) => <Time row at={i.updated_at} /> },
    {
      head: "Action",
      className: "text-right whitespace-nowrap",
      cell: (i) => (
        <Button acts size="sm" busy={busy === i.id} aria-label={`${i.active ? "Switch off" : "Switch on"}: ${workflowId ? i.external_user_id : name(i.workflow_id)}`} onClick={() => void flip(i)}>
          {i.active ? "Switch off" : "Switch on"}
        </Button>
      ),
    },
  ];
  const add = <NewInstance workflowId={workflowId} user={user} />;
  return (
    <div>
      <div className="mb-3 flex flex-wrap items-center justify-between gap-2">
        <Select label="State" value={state} onChange={setState} options={[{ value: "", label: "On and off" }, { value: "on", label: "On" }, { value: "off", label: "Off" }]} className="w-36" />
        {add}
      </div>
      <ListTable
        label="Instances"
        query={instances}
        columns={columns}
        rowKey={(i) => i.id}
        place={(i) => paths.instance(scope, i.external_user_id, i.workflow_id)}
        empty={
          state ? (
            <p className="px-4 py-8 text-center text-muted">None is {state}.</p>
          ) : (
            <Empty icon={UserCog} title={workflowId ? "No user has settings of their own" : "No workflow has settings of this user"}>
              An instance is what one user has of a workflow: on or off, settings that its steps read as <code>instance.config</code>, and which of their accounts are used. Your product makes them by the API; here they are looked after.
            </Empty>
          )
        }
      />
    </div>
  );
}

function Names({ of, none }: { of: Record<string, unknown>; none: string }) {
  const names = Object.keys(of).sort();
  if (names.length === 0) return <span className="text-muted">{none}</span>;
  return (
    <code className="block max-w-48 truncate text-[0.8125rem]" title={names.join(", ")}>
      {names.join(", ")}
    </code>
  );
}

function NewInstance({ workflowId, user }: { workflowId?: string; user?: string }) {
  return (
    <Ask
      title="New instance"
      description="What there is of the user and the workflow is opened, and not made anew."
      trigger={
        <Button>
          <Plus className="size-4" aria-hidden />
          New instance
        </Button>
      }
    >
      {(close) => <NewForm workflowId={workflowId} user={user} close={close} />}
    </Ask>
  );
}

function NewForm({ workflowId, user, close }: { workflowId?: string; user?: string; close: () => void }) {
  const scope = useScope();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [who, setWho] = useState(user ?? "");
  const [what, setWhat] = useState(workflowId ?? "");
  const workflows = useQuery({ ...workflowsQuery(scope), enabled: !workflowId });
  const { busy, error, form } = useSubmit(async () => {
    await makeInstance(scope, who, what);
    void queries.invalidateQueries({ queryKey: ["instances"] });
    close();
    void navigate(paths.instance(scope, who, what) as never);
  });
  return (
    <Form of={form} className="space-y-4">
      {!user && <UserField value={who} onChange={setWho} hint="Whose it is. Who is not known yet is made." />}
      {!workflowId && <SelectField name="workflow_id" label="Workflow" value={what} onChange={setWhat} options={[{ value: "", label: workflows.isPending ? "Loading…" : "Choose a workflow" }, ...(workflows.data?.data ?? []).map((w) => ({ value: w.id, label: w.name }))]} />}
      <FormActions error={error} action="Make it" busy={busy} disabled={!who || !what} />
    </Form>
  );
}
