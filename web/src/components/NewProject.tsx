import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { api, data } from "@/api/client";
import { paths } from "@/paths";
import { Dialog, DialogContent } from "./ui/dialog";
import { Field, Input } from "./ui/field";
import { Form, FormActions, useSubmit } from "./ui/form";
import { useToast } from "./ui/toast";

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
