import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Check, ChevronsUpDown, Plus } from "lucide-react";
import { useState } from "react";
import { api, data } from "@/api/client";
import type { Project } from "@/api/types";
import { useScope, useSession } from "@/lib/hooks";
import { manages } from "@/lib/roles";
import { paths } from "@/paths";
import { Dialog, DialogContent } from "./ui/dialog";
import { Menu, MenuContent, MenuItem, MenuLabel, MenuLine, MenuTrigger } from "./ui/dropdown";
import { Field, Input } from "./ui/field";
import { Form, FormActions, useSubmit } from "./ui/form";
import { useToast } from "./ui/toast";

export function ProjectSwitcher({ projects }: { projects: Project[] | undefined }) {
  const scope = useScope();
  const { role } = useSession().member;
  const navigate = useNavigate();
  const [creating, setCreating] = useState(false);
  const now = projects?.find((p) => p.id === scope.projectId);
  return (
    <>
      <Menu>
        <MenuTrigger aria-label={`Project: ${now?.name ?? "none"}`} className="inline-flex h-8 min-w-0 max-w-56 items-center gap-1.5 rounded-md px-2 font-medium hover:bg-sunken">
          <span className="truncate">{now?.name ?? "Choose a project"}</span>
          <ChevronsUpDown className="size-3.5 shrink-0 text-muted" aria-hidden />
        </MenuTrigger>
        <MenuContent>
          <MenuLabel>Projects</MenuLabel>
          {projects?.map((p) => (
            <MenuItem key={p.id} onSelect={() => void navigate(paths.overview({ ...scope, projectId: p.id }) as never)}>
              <span className="min-w-0 grow truncate">{p.name}</span>
              {p.id === scope.projectId && <Check className="text-accent" aria-label="current" />}
            </MenuItem>
          ))}
          {manages(role) && (
            <>
              <MenuLine />
              <MenuItem onSelect={() => setCreating(true)}>
                <Plus aria-hidden />
                New project…
              </MenuItem>
            </>
          )}
        </MenuContent>
      </Menu>
      <NewProject open={creating} setOpen={setCreating} />
    </>
  );
}

export function NewProject({ open, setOpen }: { open: boolean; setOpen: (o: boolean) => void }) {
  const navigate = useNavigate();
  const queries = useQueryClient();
  const toast = useToast();
  const [name, setName] = useState("");
  const { busy, error, form } = useSubmit(async () => {
    const project = await data(api.POST("/connect/projects", { body: { name: name.trim() } }));
    await queries.invalidateQueries({ queryKey: ["projects"] });
    setOpen(false);
    setName("");
    toast.good("Project created", project.name);
    void navigate(paths.overview({ projectId: project.id, environment: "development" }) as never);
  });
  return (
    <Dialog open={open} onOpenChange={setOpen}>
      <DialogContent title="New project" description="A project has its own users, accounts and workflows, once for development and once for production.">
        <Form of={form}>
          <Field name="name" label="Name" error={error}>
            {(ids) => <Input {...ids} value={name} onChange={(e) => setName(e.target.value)} required maxLength={120} autoComplete="off" />}
          </Field>
          <FormActions action="Create project" busy={busy} disabled={!name.trim()} />
        </Form>
      </DialogContent>
    </Dialog>
  );
}
