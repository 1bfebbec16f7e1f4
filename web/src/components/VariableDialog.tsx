import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { setVariable, variablesQuery } from "@/api/workflows";
import type { Variable } from "@/api/types";
import { useScope } from "@/lib/hooks";
import { never, useConflict } from "./ChangedMeanwhile";
import { Dialog, DialogContent } from "./ui/dialog";
import { Field, Input, Switch } from "./ui/field";
import { Form, FormActions, useSubmit } from "./ui/form";
import { SelectField } from "./ui/select";
import { useToast } from "./ui/toast";

const hidden = "(what you typed)";

/** Makes a variable, or changes one. The value of a secret is written and never read. */
export function VariableDialog({ variable: v, close, saved }: { variable: Variable | undefined; close: () => void; saved: () => void }) {
  const scope = useScope();
  const toast = useToast();
  const queries = useQueryClient();
  const [name, setName] = useState(v?.name ?? "");
  const [of, setOf] = useState<Variable["scope"]>(v?.scope ?? "environment");
  const [secret, setSecret] = useState(v?.secret ?? true);
  const [value, setValue] = useState(v?.value ?? "");
  const [description, setDescription] = useState(v?.description ?? "");
  const keeps = v?.secret === true && secret && value === "";
  const ended = () => {
    saved();
    close();
  };
  const save = async (since = v?.updated_at ?? never) => {
    await setVariable(scope, of, name.trim(), { secret, description, ...(!keeps && { value }) }, since);
    toast.good(v ? "Variable changed" : "Variable made", "Runs that begin from now on read it.");
    ended();
  };
  const { guard, dialog } = useConflict<Variable>({
    what: "variable",
    log: { action: "variable.changed", ...(of !== "workspace" && { project_id: scope.projectId }) },
    own: () => ({ secret, description, ...(!keeps && { value: secret ? hidden : value }) }),
    // What a secret holds is nobody's to compare: two that were written are two.
    read: (there) => ({ secret: there.secret, description: there.description, value: there.secret ? `(a secret since ${there.updated_at})` : there.value }),
    first: () => v,
    newest: async () => {
      const { data: all } = await queries.fetchQuery({ ...variablesQuery(scope), staleTime: 0 });
      const there = all.find((one) => one.name === name.trim() && one.scope === of);
      if (!there) throw new Error("The variable was deleted meanwhile. Look at the list again.");
      return there;
    },
    mine: (now) => save(now.updated_at),
    theirs: ended,
  });
  const { busy, error, form } = useSubmit(() => guard(save));
  return (
    <Dialog open onOpenChange={(o) => !o && !busy && close()}>
      <DialogContent title={v ? `Change ${v.name}` : "New variable"}>
        <Form of={form} className="space-y-4">
          {!v && (
            <>
              <Field name="name" label="Name" hint={`Workflows read it as env.${name.trim() || "NAME"}.`}>
                {(ids) => <Input {...ids} value={name} onChange={(e) => setName(e.target.value)} required maxLength={64} spellCheck={false} autoComplete="off" className="font-mono" />}
              </Field>
              <SelectField
                name="scope"
                label="Of"
                value={of}
                onChange={(s) => setOf(s as Variable["scope"])}
                options={[
                  { value: "environment", label: `this environment: ${scope.environment}` },
                  { value: "project", label: "the project, in both environments" },
                  { value: "workspace", label: "the workspace, in all projects" },
                ]}
              />
            </>
          )}
          <Switch name="secret" label="Secret" hint="It can be written over, and is never shown again." checked={secret} onChange={setSecret} />
          <Field name="value" label="Value" hint={keeps ? "Left empty, it stays as it is." : undefined}>
            {(ids) =>
              secret ? (
                <Input {...ids} type="password" value={value} onChange={(e) => setValue(e.target.value)} autoComplete="new-password" required={!v?.secret} maxLength={65536} />
              ) : (
                <textarea {...ids} rows={3} value={value} onChange={(e) => setValue(e.target.value)} maxLength={65536} spellCheck={false} className="w-full rounded-md border border-line-strong/60 bg-surface px-2.5 py-1.5 font-mono text-[0.8125rem]" />
              )
            }
          </Field>
          <Field name="description" label="Description">{(ids) => <Input {...ids} value={description} onChange={(e) => setDescription(e.target.value)} maxLength={500} />}</Field>
          <FormActions error={error} action={v ? "Save" : "Make variable"} busy={busy} disabled={!name.trim()} />
        </Form>
        {dialog}
      </DialogContent>
    </Dialog>
  );
}
