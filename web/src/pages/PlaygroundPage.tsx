import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { listAccounts } from "@/api/calls";
import { listComponents } from "@/api/components";
import type { Component } from "@/api/types";
import { ConnectButton } from "@/components/ConnectButton";
import { Code } from "@/components/Copy";
import { PageHead } from "@/components/PageHead";
import { PlaygroundStep } from "@/components/PlaygroundStep";
import { Card } from "@/components/ui/card";
import { Field, Input, inputStyle } from "@/components/ui/field";
import { SelectField } from "@/components/ui/select";
import { cn } from "@/lib/cn";
import type { Language } from "@/lib/componentCode";
import { useFilters, useScope, useSession, useSettled } from "@/lib/hooks";
import { calls, firstProps } from "@/lib/playground";
import { quickStart } from "@/lib/snippets";

/** The way of a server from nothing to an app's answer: each call as code, and run here with what is filled in. */
export function PlaygroundPage() {
  const scope = useScope();
  const session = useSession();
  const queries = useQueryClient();
  const [search, setFilters] = useFilters();
  const [language, choose] = useState<Language>("TypeScript");
  const [user, setUser] = useState(search.user ?? "test-user");
  const [url, setURL] = useState(search.url ?? "/");
  const settled = useSettled(user.trim());
  const accounts = useQuery({ queryKey: ["accounts", scope, "playground", settled], queryFn: () => listAccounts(scope, { external_user_id: settled, limit: 100 }), enabled: settled !== "" });
  const all = accounts.data?.data ?? [];
  const account = all.find((a) => a.id === search.account) ?? all[0];
  const slug = account?.app.name_slug;
  const components = useQuery({ queryKey: ["components", scope, "playground", slug], queryFn: () => listComponents(scope, { app: slug, limit: 200 }), enabled: slug !== undefined, staleTime: 300_000 });
  const action = useComponent(components.data?.data, "action", search.action, account?.id);
  const trigger = useComponent(components.data?.data, "source", search.trigger, account?.id);
  const call = calls(session.base_url, scope, { user: user.trim(), account: account?.id ?? "", url, action: action.id, trigger: trigger.id }, { action: action.props ?? {}, trigger: trigger.props ?? {} });
  const noUser = user.trim() === "" ? "Enter the id of a user." : undefined;
  const noAccount = noUser ?? (account ? undefined : "The user has no account yet: connect one in step 1.");
  const shared = { language, choose };
  const again = () => void queries.invalidateQueries({ queryKey: ["accounts"] });
  return (
    <>
      <PageHead title="Playground" text="What your server does, call by call: each is run here as you, in this environment, with what you fill in." />
      <div className="space-y-4">
        <Card title="Before all: an access token" text="Your server gets one with the id and secret of an API client. Here your session stands in for it.">
          <Code code={quickStart(session.base_url, scope)[0]?.code ?? ""} what="the code for an access token" />
        </Card>
        <PlaygroundStep {...shared} number={1} title="Begin to connect an account" text="A token for one user and one connect. Open connect_link_url in the user’s browser, or give the token to the browser library." call={call.token} missing={noUser}>
          <Field label="External user id" hint="Your own id of the user.">
            {(ids) => <Input {...ids} value={user} onChange={(e) => setUser(e.target.value)} onBlur={() => setFilters({ user: user.trim() || undefined, account: undefined })} maxLength={250} autoComplete="off" spellCheck={false} />}
          </Field>
          <ConnectButton user={user.trim() || undefined} variant="secondary" />
        </PlaygroundStep>
        <PlaygroundStep {...shared} number={2} title="List the user’s accounts" text="What the user has connected, and whether it works." call={call.accounts} missing={noUser} answered={again} />
        <PlaygroundStep {...shared} number={3} title="Call the app through the proxy" text="Any call of the app’s own API; the credential is put in on the way." call={call.proxy} missing={noAccount ?? (url.trim() ? undefined : "Enter an address.")}>
          {all.length > 0 && <SelectField label="Account" value={account?.id ?? ""} onChange={(v) => setFilters({ account: v })} options={all.map((a) => ({ value: a.id, label: `${a.name ?? a.app.name} (${a.app.name})` }))} />}
          <Field label="Address" hint="A path of the app’s API, or a whole address of one of its hosts.">
            {(ids) => <Input {...ids} value={url} onChange={(e) => setURL(e.target.value)} onBlur={() => setFilters({ url })} maxLength={2000} autoComplete="off" spellCheck={false} className="font-mono text-[0.8125rem]" />}
          </Field>
        </PlaygroundStep>
        <PlaygroundStep {...shared} number={4} title="Run an action" text="What the app can do, ready made." call={call.action} missing={noAccount ?? action.missing}>
          <ComponentFields of={action} label="Action" choose={(v) => setFilters({ action: v })} />
        </PlaygroundStep>
        <PlaygroundStep {...shared} number={5} title="Deploy a trigger" text="From now on the app’s events reach your webhook. It goes on until it is deleted: see Deployed triggers." call={call.trigger} missing={noAccount ?? trigger.missing}>
          <ComponentFields of={trigger} label="Trigger" choose={(v) => setFilters({ trigger: v })} />
        </PlaygroundStep>
      </div>
    </>
  );
}

interface Chosen {
  id: string;
  options: { value: string; label: string }[];
  text: string;
  write: (text: string) => void;
  props: Record<string, unknown> | undefined;
  missing: string | undefined;
}

/** The component that is chosen of an app's, and its props as JSON that can be written. */
function useComponent(all: Component[] | undefined, type: "action" | "source", wanted: string | undefined, account: string | undefined): Chosen {
  const [written, setWritten] = useState<Record<string, string>>({});
  const some = (all ?? []).filter((c) => (type === "action") === (c.component_type === "action"));
  const c = some.find((x) => x.key === wanted) ?? some[0];
  const key = `${c?.key} ${account}`;
  const text = written[key] ?? JSON.stringify(c && account ? firstProps(c, account) : {}, null, 2);
  let props: Record<string, unknown> | undefined;
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === "object" && parsed !== null && !Array.isArray(parsed)) props = parsed as Record<string, unknown>;
  } catch {
    // What is no JSON yet is said below.
  }
  const missing = !c ? `The app has no ${type === "action" ? "action" : "trigger"} here.` : props ? undefined : "The props are no JSON object.";
  return { id: c?.key ?? "", options: some.map((x) => ({ value: x.key, label: x.name })), text, write: (t) => setWritten({ ...written, [key]: t }), props, missing };
}

function ComponentFields({ of: c, label, choose }: { of: Chosen; label: string; choose: (key: string) => void }) {
  if (c.options.length === 0) return null;
  return (
    <>
      <SelectField label={label} value={c.id} onChange={choose} options={c.options} />
      <Field label="Props" hint="As JSON." error={c.props ? undefined : c.missing}>
        {(ids) => <textarea {...ids} rows={7} spellCheck={false} className={cn(inputStyle, "h-auto py-1.5 font-mono text-[0.8125rem]")} value={c.text} onChange={(e) => c.write(e.target.value)} />}
      </Field>
    </>
  );
}
