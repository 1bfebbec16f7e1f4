import { useQuery } from "@tanstack/react-query";
import { useId } from "react";
import { listAccounts, listApps } from "@/api/calls";
import { useScope, useSettled } from "@/lib/hooks";
import { Choice } from "../../ui/choice";
import { Field, Input } from "../../ui/field";
import { SelectField } from "../../ui/select";

interface Account {
  of: string;
  app?: string;
  id?: string;
}

/** Whose account a step uses. `app` is given where the step itself says of which app it is; then there is no "none". */
export function AccountField({ value, onChange, app }: { value: Account | undefined; onChange: (a: Account | undefined) => void; app?: string }) {
  const of = value?.of ?? (app === undefined ? "none" : "user");
  const options = [...(app === undefined ? [{ value: "none", label: "None" }] : []), { value: "user", label: "The user’s" }, { value: "project", label: "The project’s" }];
  const choose = (next: string) => onChange(next === "none" || (next === "user" && app !== undefined) ? undefined : next === "user" ? { of: "user", app: value?.app ?? "" } : { of: "project", id: value?.id ?? "" });
  return (
    <div className="space-y-2">
      <div>
        <span aria-hidden className="mb-1 block font-medium">
          Account
        </span>
        <Choice label="Account" value={of} onChange={choose} options={options} className="w-full" />
      </div>
      {of === "user" && app === undefined && <AppName value={value?.app ?? ""} onChange={(slug) => onChange({ of: "user", app: slug })} />}
      {of === "project" && <ProjectAccount app={app} value={value?.id ?? ""} onChange={(id) => onChange({ of: "project", id })} />}
      {of === "user" && <p className="text-[0.8125rem] text-muted">The account of the user for whom the workflow runs.</p>}
    </div>
  );
}

/** An app, by its slug. */
export function AppName({ value, onChange }: { value: string; onChange: (slug: string) => void }) {
  const list = useId();
  const q = useSettled(value);
  const apps = useQuery({ queryKey: ["apps", "named", q], queryFn: () => listApps({ q, limit: 20 }), staleTime: 60_000, placeholderData: (old) => old });
  return (
    <Field label="Of which app">
      {(ids) => (
        <>
          <Input {...ids} list={list} value={value} onChange={(e) => onChange(e.target.value)} placeholder="slack" spellCheck={false} autoComplete="off" />
          <datalist id={list}>
            {apps.data?.data.map((a) => (
              <option key={a.name_slug} value={a.name_slug}>
                {a.name}
              </option>
            ))}
          </datalist>
        </>
      )}
    </Field>
  );
}

/** One account of the project. */
export function ProjectAccount({ app, value, onChange }: { app?: string; value: string; onChange: (id: string) => void }) {
  const scope = useScope();
  const accounts = useQuery({ queryKey: ["accounts", scope, "of", app], queryFn: () => listAccounts(scope, { app, limit: 200 }) });
  const options = (accounts.data?.data ?? []).map((a) => ({ value: a.id, label: `${a.name ?? a.app.name} (${a.external_id})` }));
  if (value && !options.some((o) => o.value === value)) options.push({ value, label: value });
  return <SelectField label="Which account" value={value} onChange={onChange} options={[{ value: "", label: accounts.isPending ? "Loading…" : "Choose an account" }, ...options]} hint={`Every run uses it, whoever it is for. These are of the ${scope.environment} environment.`} />;
}
