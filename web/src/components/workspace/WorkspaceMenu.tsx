import { useQuery } from "@tanstack/react-query";
import { Check, Plus } from "lucide-react";
import { useState, type ComponentProps, type ReactElement } from "react";
import type { Session } from "@/api/session";
import { chooseWorkspace, createWorkspace, workspacesQuery } from "@/api/workspaces";
import { Dialog, DialogContent } from "@/components/ui/dialog";
import { Menu, MenuContent, MenuItem, MenuLabel, MenuLine, MenuTrigger } from "@/components/ui/dropdown";
import { Field, Input } from "@/components/ui/field";
import { Form, FormActions, useSubmit } from "@/components/ui/form";
import { useToast } from "@/components/ui/toast";
import { startOver } from "@/lib/startOver";

/** The workspace that is open, and the others of the member. */
export function WorkspaceMenu({ session, trigger }: { session: Session; trigger: ReactElement<ComponentProps<"button">> }) {
  const [open, setOpen] = useState(true);
  const [creating, setCreating] = useState(false);
  const workspaces = useQuery({ ...workspacesQuery, enabled: open });
  const toast = useToast();
  const now = session.workspace;
  const choose = async (id: string) => {
    if (id === now.id) return;
    try {
      await chooseWorkspace(id);
      startOver();
    } catch (e) {
      toast.bad("The workspace was not changed", e);
    }
  };
  return (
    <>
      <Menu open={open} onOpenChange={setOpen}>
        <MenuTrigger asChild>{trigger}</MenuTrigger>
        <MenuContent>
          <MenuLabel>Workspaces</MenuLabel>
          {(workspaces.data?.data ?? [{ ...now, role: session.member.role }]).map((w) => (
            <MenuItem key={w.id} onSelect={() => void choose(w.id)}>
              <span className="min-w-0 grow truncate">{w.name}</span>
              <span className="text-xs text-muted">{w.role}</span>
              {w.id === now.id ? <Check className="text-accent" aria-label="current" /> : <span className="size-4" />}
            </MenuItem>
          ))}
          {workspaces.isPending && <MenuLabel>Loading…</MenuLabel>}
          {workspaces.error && <MenuLabel>{workspaces.error.message}</MenuLabel>}
          {workspaces.data?.may_create && (
            <>
              <MenuLine />
              <MenuItem onSelect={() => setCreating(true)}>
                <Plus aria-hidden />
                New workspace…
              </MenuItem>
            </>
          )}
        </MenuContent>
      </Menu>
      {creating && <NewWorkspace close={() => setCreating(false)} />}
    </>
  );
}

function NewWorkspace({ close }: { close: () => void }) {
  const [name, setName] = useState("");
  const { busy, error, form } = useSubmit(async () => {
    await createWorkspace(name.trim());
    startOver();
  });
  return (
    <Dialog open onOpenChange={(o) => !o && !busy && close()}>
      <DialogContent title="New workspace" description="A workspace has its own projects, members and API clients, and shares nothing with another. You become its owner.">
        <Form of={form}>
          <Field name="name" label="Name" error={error}>
            {(ids) => <Input {...ids} value={name} onChange={(e) => setName(e.target.value)} required maxLength={120} autoComplete="off" />}
          </Field>
          <FormActions action="Create workspace" busy={busy} disabled={!name.trim()} />
        </Form>
      </DialogContent>
    </Dialog>
  );
}
