import { ComponentForm as Form, PatchbayProvider } from "@patchbay/react";
import "@patchbay/react/styles.css";
import { useQuery } from "@tanstack/react-query";
import { Braces } from "lucide-react";
import { useMemo, useState, type ReactNode } from "react";
import { listAccounts } from "@/api/calls";
import { componentQuery } from "@/api/components";
import type { Component } from "@/api/types";
import { hasHole, type Context } from "@/lib/flow/expression";
import { formClient } from "@/lib/formClient";
import { useScope } from "@/lib/hooks";
import { Async, Skeleton } from "../../Async";
import "../../component-form.css";
import { Button } from "../../ui/button";
import type { Edited } from "../editor";
import { useEditor } from "../editor";
import { UserField } from "../../UserField";
import { AccountField } from "./AccountField";
import { ExpressionInput } from "./ExpressionInput";

type Values = Record<string, unknown>;

interface Props extends Edited {
  context: Context;
  /** Asks for the account in the place of the usual question; of what is no step. Its fields are no expressions then. */
  whose?: ReactNode;
}

/** What a component is given: its own form, in which any field of an action may be an expression instead of a value. */
export function ActionFields({ node, set, context, whose }: Props) {
  const scope = useScope();
  const key = String(node.component ?? "");
  const component = useQuery({ ...componentQuery(scope, key), enabled: key !== "" });
  return (
    <Async query={component} skeleton={<Skeleton className="h-40" />}>
      {(c) => <Known key={c.key} component={c} node={node} set={set} context={context} whose={whose} />}
    </Async>
  );
}

function Known({ component: c, node, set, context, whose }: { component: Component } & Omit<Props, "path">) {
  const scope = useScope();
  const { user, setUser } = useEditor();
  const { projectId, environment } = scope;
  const values = (node.props ?? {}) as Values;
  const [written, setWritten] = useState(() => new Set(Object.entries(values).flatMap(([k, v]) => (hasHole(v) ? [k] : []))));
  const app = c.configurable_props.find((p) => p.type === "app");
  const account = node.account as { of: string; id?: string } | undefined;
  // Lists of the app's own things are fetched with an account that is there: the project's, or that of the user who is tried.
  const tried = useQuery({ queryKey: ["accounts", scope, { app: c.app, user }], queryFn: () => listAccounts(scope, { app: c.app ?? "", external_user_id: user, limit: 1 }), enabled: Boolean(app && user && account?.of !== "project") });
  const accountId = account?.of === "project" ? account.id : tried.data?.data[0]?.id;
  const client = useMemo(() => {
    const plain = formClient({ projectId, environment }, user, (way) => way.close());
    const known = (given: object | undefined) => ({ ...Object.fromEntries(Object.entries(given ?? {}).filter(([, v]) => !hasHole(v))), ...(app && accountId && { [app.name]: { authProvisionId: accountId } }) });
    type C = typeof plain.components;
    const components = {
      configure: ((q, o) => plain.components.configure({ ...q, configuredProps: known(q.configuredProps) as never }, o)) as C["configure"],
      reload: ((q, o) => plain.components.reload({ ...q, configuredProps: known(q.configuredProps) as never }, o)) as C["reload"],
    };
    return { ...plain, components } as typeof plain;
  }, [projectId, environment, user, app, accountId]);
  const form = useMemo(() => ({ key: c.key, name: c.name, version: c.version, configurableProps: c.configurable_props.filter((p) => p.type !== "app") as never }), [c]);

  const change = (props: Values) => {
    const kept = Object.fromEntries(Object.entries(props).filter(([, v]) => v !== undefined && v !== "" && v !== null));
    set("props", Object.keys(kept).length > 0 ? kept : undefined);
  };
  const flip = (name: string, expression: boolean) => {
    setWritten((old) => new Set(expression ? [...old, name] : [...old].filter((n) => n !== name)));
    if (!expression) change({ ...values, [name]: undefined });
  };
  const field = (p: { name: string; label?: string | null; type: string; description?: string | null }, drawn: ReactNode) => {
    if (p.type === "alert" || whose !== undefined) return drawn;
    const label = p.label ?? p.name;
    const expression = written.has(p.name);
    return (
      <div key={p.name} className="relative">
        {expression ? (
          <div className="space-y-1">
            <label htmlFor={`expr-${p.name}`} className="block pr-24 font-medium">
              {label}
            </label>
            {p.description && <p className="text-[0.8125rem] text-muted">{p.description}</p>}
            <ExpressionInput id={`expr-${p.name}`} code value={typeof values[p.name] === "string" ? String(values[p.name]) : ""} onChange={(v) => change({ ...values, [p.name]: v })} context={context} placeholder="{{ trigger.body.… }}" />
          </div>
        ) : (
          drawn
        )}
        <Button size="sm" variant="ghost" className="absolute -top-1 right-0 h-6 px-1.5 text-xs" aria-label={expression ? `Choose a value for ${label}` : `Use an expression for ${label}`} onClick={() => flip(p.name, !expression)}>
          {!expression && <Braces className="size-3.5" aria-hidden />}
          {expression ? "Choose a value" : ""}
        </Button>
      </div>
    );
  };
  return (
    <div className="space-y-4">
      {whose !== undefined ? whose : app && <AccountField app={c.app ?? ""} value={account as never} onChange={(a) => set("account", a)} />}
      {app && account?.of !== "project" && (
        <UserField value={user} onChange={setUser} label="Try it as the user" hint={accountId ? "Lists of the app’s own things are fetched with this user’s account." : user ? `${user} has no account here, so that lists of the app’s own things cannot be fetched.` : "Lists of the app’s own things are fetched with the account of the user who is named here."} />
      )}
      <PatchbayProvider key={`${user} ${accountId ?? ""}`} client={client}>
        <Form component={form} value={values as never} onChange={(v) => change(v as Values)} field={field as never} />
      </PatchbayProvider>
    </div>
  );
}
