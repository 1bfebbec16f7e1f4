import type { Context } from "@/lib/flow/expression";
import { SelectField } from "../../ui/select";
import { Field } from "../../ui/field";
import { AppName } from "./AccountField";
import { ExpressionInput } from "./ExpressionInput";
import { JsonField } from "./JsonField";

interface Users {
  app?: string;
  list?: unknown;
  if?: string;
}

/** For whom a step runs another workflow: all users, those of an app, or those that are listed. */
export function UsersField({ label, value, onChange, context }: { label: string; value: Users | undefined; onChange: (u: Users | undefined) => void; context: Context }) {
  const way = value?.app !== undefined ? "app" : value?.list !== undefined ? "list" : "all";
  const set = (next: Users) => {
    if (!next.if) delete next.if;
    onChange(Object.keys(next).length > 0 ? next : undefined);
  };
  const keep = value?.if ? { if: value.if } : {};
  return (
    <div className="space-y-2">
      <SelectField
        label={label}
        value={way}
        onChange={(w) => set(w === "app" ? { ...keep, app: "" } : w === "list" ? { ...keep, list: [] } : keep)}
        options={[{ value: "all", label: "All users" }, { value: "app", label: "Those with an account of an app" }, { value: "list", label: "Those of a list" }]}
      />
      {way === "app" && <AppName value={value?.app ?? ""} onChange={(app) => set({ ...value, app })} />}
      {way === "list" && <JsonField label="The list" hint="Your own ids, or an expression that gives them." value={value?.list} onChange={(list) => set({ ...value, list: list ?? [] })} context={context} />}
      <Field label="And only if">
        {(ids) => <ExpressionInput id={ids.id} code value={value?.if ?? ""} onChange={(text) => set({ ...value, if: text })} context={{ ...context, user: { external_id: undefined, id: undefined, created_at: undefined } }} placeholder='{{ user.external_id startsWith "acme" }}' />}
      </Field>
    </div>
  );
}
