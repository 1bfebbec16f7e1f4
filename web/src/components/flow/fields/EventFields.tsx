import { useQuery } from "@tanstack/react-query";
import { useId } from "react";
import { componentQuery, listComponents } from "@/api/components";
import type { Context } from "@/lib/flow/expression";
import { useScope, useSettled } from "@/lib/hooks";
import { Field, Input } from "../../ui/field";
import { SelectField } from "../../ui/select";
import { UserField } from "../../UserField";
import type { Edited } from "../editor";
import { ProjectAccount } from "./AccountField";
import { ActionFields } from "./ActionFields";

interface Props extends Edited {
  setAll: (fields: Record<string, unknown>) => void;
  context: Context;
  wrong: Record<string, string>;
}

/** What an app has to tell for a workflow to start: of which component, and for whom it is deployed. */
export function EventFields({ node, path, set, setAll, context, wrong }: Props) {
  const scope = useScope();
  const list = useId();
  const key = String(node.component ?? "");
  const q = useSettled(key);
  const found = useQuery({ queryKey: ["components", scope, "triggers", q], queryFn: () => listComponents(scope, { component_type: "trigger", q, limit: 20 }), placeholderData: (old) => old });
  const component = useQuery({ ...componentQuery(scope, q), enabled: q !== "" && q === key && (found.data?.data.some((c) => c.key === q) ?? false) });
  const app = component.data?.app ?? "";
  const way = node.account !== undefined ? "project" : node.external_user_id !== undefined ? "one" : node.for_each_user !== undefined ? "each" : "";
  const choose = (next: string) =>
    setAll({ account: next === "project" ? { of: "project", id: "" } : undefined, external_user_id: next === "one" ? "" : undefined, for_each_user: next === "each" ? { app } : undefined });
  return (
    <>
      <Field label="Event" hint="The key of a trigger of the catalogue." error={wrong.component}>
        {(ids) => (
          <>
            <Input {...ids} list={list} value={key} onChange={(e) => set("component", e.target.value)} placeholder="Search, such as “new contact”" spellCheck={false} autoComplete="off" className="font-mono text-[0.8125rem]" />
            <datalist id={list}>
              {found.data?.data.map((c) => (
                <option key={c.key} value={c.key}>
                  {c.name}
                </option>
              ))}
            </datalist>
          </>
        )}
      </Field>
      {component.data && <p className="text-[0.8125rem] text-muted">{component.data.description}</p>}
      <SelectField
        label="For whom"
        value={way}
        onChange={choose}
        options={[{ value: "", label: "for nobody: it needs no account" }, { value: "each", label: "each user who has an account of the app" }, { value: "one", label: "one user" }, { value: "project", label: "an account of the project" }]}
      />
      {way === "one" && <UserField value={String(node.external_user_id)} onChange={(u) => set("external_user_id", u)} hint="Whose account it listens to, and for whom the runs are." />}
      {way === "project" && <ProjectAccount app={app || undefined} value={String((node.account as { id?: string }).id ?? "")} onChange={(id) => set("account", { of: "project", id })} />}
      {component.data && <ActionFields node={node} path={path} set={set} context={context} whose={null} />}
    </>
  );
}
