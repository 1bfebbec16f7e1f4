import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, data } from "@/api/client";
import type { Project } from "@/api/types";
import { AboutCard } from "@/components/AboutCard";
import { Async, SkeletonCard } from "@/components/Async";
import { Id } from "@/components/Copy";
import { PageHead } from "@/components/PageHead";
import { Button } from "@/components/ui/button";
import { Card, Facts } from "@/components/ui/card";
import { Field, Input, inputStyle, Switch } from "@/components/ui/field";
import { Form, FormError } from "@/components/ui/form";
import { useToast } from "@/components/ui/toast";
import { AddressesCard } from "@/components/settings/AddressesCard";
import { AuditKeepCard } from "@/components/settings/AuditKeepCard";
import { ForManagers } from "@/components/ForManagers";
import { DeleteProjectCard } from "@/components/settings/DeleteProjectCard";
import { ExportCard } from "@/components/settings/ExportCard";
import { PromoteCard } from "@/components/settings/PromoteCard";
import { LogoCard } from "@/components/settings/LogoCard";
import { RedactionsCard } from "@/components/settings/RedactionsCard";
import { SignInCards } from "@/components/settings/SignInCards";
import { ToolProfilesCard } from "@/components/settings/ToolProfilesCard";
import { useProjectForm } from "@/components/settings/useProjectForm";
import { WorkspaceCard } from "@/components/settings/WorkspaceCard";
import { cn } from "@/lib/cn";
import { useRole, useScope, useSession } from "@/lib/hooks";
import { manages } from "@/lib/roles";

/** What belongs to the project as a whole, in both environments. */
export function SettingsPage() {
  const scope = useScope();
  const session = useSession();
  const managing = manages(useRole());
  const ofWorkspace = manages(session.member.role);
  const queries = useQueryClient();
  const key = ["projects", "one", scope.projectId];
  const project = useQuery({
    queryKey: key,
    queryFn: () => data(api.GET("/connect/projects/{project_id}", { params: { path: { project_id: scope.projectId } } })),
  });
  const saved = (p: Project) => {
    queries.setQueryData(key, p);
    void queries.invalidateQueries({ queryKey: ["projects"], exact: true });
  };
  return (
    <>
      <PageHead title="Settings" text="They count in both environments, unless one is named." />
      <Async query={project} skeleton={<SkeletonCard />}>
        {(p) => (
          <div className="max-w-2xl space-y-4">
            <ForManagers>
              <NamesCard project={p} saved={saved} />
              {managing && <LogoCard project={p} />}
              <SwitchesCard project={p} saved={saved} />
              <ProxyCard project={p} saved={saved} />
              <KeepingCard project={p} saved={saved} />
              <RedactionsCard project={p} saved={saved} />
              <SignInCards />
              <ToolProfilesCard />
            </ForManagers>
            <Card title="For your code">
              <Facts facts={[["Project id", <Id key="p" id={p.id} what="project id" />], ["Environment", <code key="e">{scope.environment}</code>]]} />
            </Card>
            {managing && <PromoteCard project={p} />}
            {managing && <ExportCard project={p} />}
            {managing && <DeleteProjectCard project={p} />}
            {ofWorkspace && <WorkspaceCard />}
            {ofWorkspace && <AddressesCard />}
            {ofWorkspace && <AuditKeepCard />}
            <AboutCard />
          </div>
        )}
      </Async>
    </>
  );
}

interface CardProps {
  project: Project;
  saved: (p: Project) => void;
}

function NamesCard({ project: p, saved }: CardProps) {
  const { values: v, set, same, dialog, busy, error, form } = useProjectForm(
    p,
    saved,
    (of) => ({ name: of.name, app: of.app_name ?? "", mail: of.support_email ?? "" }),
    // Emptied means none, which the API takes as the empty text; null would leave it as it is.
    (of) => ({ name: of.name.trim(), app_name: of.app.trim(), support_email: of.mail.trim() }),
  );
  return (
    <Card title="Names">
      <Form of={form} className="space-y-4">
        <Field name="name" label="Name" hint="Seen by your team only.">
          {(ids) => <Input {...ids} value={v.name} onChange={(e) => set({ name: e.target.value })} required maxLength={120} />}
        </Field>
        <Field name="app_name" label="App name" hint="What your users see when they connect an account: “… wants to connect to Slack”.">
          {(ids) => <Input {...ids} value={v.app} onChange={(e) => set({ app: e.target.value })} maxLength={120} placeholder={p.name} />}
        </Field>
        <Field name="support_email" label="Support e-mail" hint="Shown to a user whose connection fails.">
          {(ids) => <Input {...ids} type="email" value={v.mail} onChange={(e) => set({ mail: e.target.value })} maxLength={254} />}
        </Field>
        <FormError error={error} />
        <Button type="submit" variant="primary" busy={busy} disabled={same || !v.name.trim()}>
          Save
        </Button>
        {dialog}
      </Form>
    </Card>
  );
}

function SwitchesCard({ project: p, saved }: CardProps) {
  const toast = useToast();
  const [busy, setBusy] = useState(false);
  const set = async (body: { connect_require_key_auth_test?: boolean; workflows_in_production?: boolean; action_log_values?: boolean }) => {
    setBusy(true);
    try {
      saved(await data(api.PATCH("/connect/projects/{project_id}", { params: { path: { project_id: p.id } }, body })));
      toast.good("Settings saved");
    } catch (e) {
      toast.bad("Not saved", e);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Card title="Behaviour">
      <div className="space-y-4">
        <Switch
          label="Test keys before they are kept"
          hint="An account connected with keys is tried out first; keys that do not work are refused."
          checked={p.connect_require_key_auth_test}
          disabled={busy}
          onChange={(on) => void set({ connect_require_key_auth_test: on })}
        />
        <Switch
          label="Run workflows in production"
          hint="Off, calls of workflows for production are refused; development goes on."
          checked={p.workflows_in_production}
          disabled={busy}
          onChange={(on) => void set({ workflows_in_production: on })}
        />
        <Switch
          label="Keep what goes into actions and what comes out"
          hint="Up to 16 KiB of each in the log of runs, with what looks secret taken out, encrypted. Off, only the facts of a run are kept."
          checked={p.action_log_values}
          disabled={busy}
          onChange={(on) => void set({ action_log_values: on })}
        />
      </div>
    </Card>
  );
}

function ProxyCard({ project: p, saved }: CardProps) {
  const { values: v, set, same, dialog, busy, error, form } = useProjectForm(
    p,
    saved,
    (of) => ({ hosts: of.proxy_allowed_hosts.join("\n"), bodies: of.proxy_log_bodies }),
    (of) => ({ proxy_allowed_hosts: of.hosts.toLowerCase().split(/[\s,]+/).filter(Boolean), proxy_log_bodies: of.bodies }),
  );
  return (
    <Card title="Proxy">
      <Form of={form} className="space-y-4">
        <Field name="proxy_allowed_hosts" label="Allowed hosts" hint="One a line, such as api.github.com or *.slack.com. Calls may then go to these alone, as far as the app has them; empty means all of an app’s own hosts.">
          {(ids) => <textarea {...ids} rows={3} spellCheck={false} className={cn(inputStyle, "h-auto py-1.5 font-mono text-[0.8125rem]")} value={v.hosts} onChange={(e) => set({ hosts: e.target.value })} />}
        </Field>
        <Switch name="proxy_log_bodies" label="Keep bodies in the request log" hint="Up to 16 KiB of text each, with what looks secret taken out, encrypted. Off, only the facts of a call are kept." checked={v.bodies} disabled={busy} onChange={(on) => set({ bodies: on })} />
        <FormError error={error} />
        <Button type="submit" variant="primary" busy={busy} disabled={same}>
          Save
        </Button>
        {dialog}
      </Form>
    </Card>
  );
}

const numbers = [
  ["run_keep_days", "Days that runs are kept", "Of workflows, when they are over. 0 means as long as the installation keeps them.", 3650],
  ["event_keep_days", "Days that events are kept", "With their deliveries, when these are over, if that is less than the installation keeps them. 0 means as long as it does.", 3650],
  ["log_keep_days", "Days that logs are kept", "Of requests through the proxy, runs of actions and connect sessions, if that is less than the installation keeps them. 0 means as long as it does.", 3650],
  ["development_users", "Users in development", "How many may have accounts there. 0 means any number, −1 as the installation says.", 1_000_000],
] as const;
type Numbers = Record<(typeof numbers)[number][0], string>;

/** How long things are kept, and how many users there may be in development. */
export function KeepingCard({ project: p, saved }: CardProps) {
  const { values, set, same, dialog, busy, error, form } = useProjectForm(
    p,
    saved,
    (of) => Object.fromEntries(numbers.map(([k]) => [k, String(of[k])])) as Numbers,
    (of) => Object.fromEntries(numbers.map(([k]) => [k, Number(of[k])])),
  );
  return (
    <Card title="Keeping">
      <Form of={form} className="space-y-4">
        {numbers.map(([k, label, hint, max]) => (
          <Field key={k} name={k} label={label} hint={hint}>
            {(ids) => <Input {...ids} type="number" required min={k === "development_users" ? -1 : 0} max={max} step={1} value={values[k]} onChange={(e) => set({ [k]: e.target.value })} />}
          </Field>
        ))}
        <FormError error={error} />
        <Button type="submit" variant="primary" busy={busy} disabled={same}>
          Save
        </Button>
        {dialog}
      </Form>
    </Card>
  );
}
