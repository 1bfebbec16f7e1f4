import { useQueryClient } from "@tanstack/react-query";
import { saveSso, ssoQuery, type GivenRole, type Sso } from "@/api/sso";
import { useConflict } from "@/components/ChangedMeanwhile";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Field, Input, Switch } from "@/components/ui/field";
import { Form, FormError, Refused, useSubmit } from "@/components/ui/form";
import { Select } from "@/components/ui/select";
import { useToast } from "@/components/ui/toast";
import { useDraft } from "@/lib/draft";

const roles = [
  { value: "viewer", label: "Viewer" },
  { value: "developer", label: "Developer" },
  { value: "admin", label: "Admin" },
];

export function ConnectionForm({ sso }: { sso: Sso }) {
  const queries = useQueryClient();
  const toast = useToast();
  const { draft, set: fill, first, take } = useDraft(sso, ({ connection: c }) => ({
    issuer: c?.issuer ?? "", clientId: c?.client_id ?? "", secret: "", joins: c?.joins ?? false, role: c?.default_role ?? ("viewer" as GivenRole), claim: c?.groups_claim ?? "groups", groups: c?.group_roles ?? [], required: c?.required ?? false,
  }));
  const { issuer, clientId, secret, joins, role, claim, groups, required } = draft;
  const c = sso.connection;
  const setGroups = (by: (all: typeof groups) => typeof groups) => fill({ groups: by(groups) });
  const set = (i: number, by: Partial<(typeof groups)[number]>) => setGroups((all) => all.map((g, n) => (n === i ? { ...g, ...by } : g)));
  const own = () => ({ issuer, client_id: clientId, joins, default_role: role, groups_claim: claim, group_roles: groups.filter((g) => g.group.trim()), required });
  const theirs = (now: Sso) => {
    take(now);
    queries.setQueryData<Sso>(ssoQuery.queryKey, now);
  };
  const save = async (since = first.connection?.updated_at) => {
    const next = await saveSso({ ...own(), client_secret: secret, updated_at: since });
    toast.good("Single sign-on saved", c ? undefined : "Name your e-mail domains next, and test it.");
    theirs(next);
  };
  const { guard, dialog } = useConflict<Sso>({
    what: "single sign-on",
    log: { action: "sso.changed" },
    whole: true,
    own,
    read: ({ connection: now }) => (now ? { issuer: now.issuer, client_id: now.client_id, joins: now.joins, default_role: now.default_role, groups_claim: now.groups_claim, group_roles: now.group_roles, required: now.required } : {}),
    first: () => undefined, // all of it is written
    newest: () => queries.fetchQuery({ ...ssoQuery, staleTime: 0 }),
    mine: (now) => save(now.connection?.updated_at),
    theirs,
  });
  const { busy, error, form } = useSubmit(() => guard(save));
  return (
    <Card title="Identity provider">
      <Form of={form} className="space-y-4">
        <Field name="issuer" label="Issuer" hint="As your provider names itself, such as https://login.example.com. Its description is read when you save.">
          {(ids) => <Input {...ids} type="url" inputMode="url" required maxLength={500} value={issuer} onChange={(e) => fill({ issuer: e.target.value })} />}
        </Field>
        <Field name="client_id" label="Client id">{(ids) => <Input {...ids} required maxLength={500} autoComplete="off" value={clientId} onChange={(e) => fill({ clientId: e.target.value })} />}</Field>
        <Field name="client_secret" label="Client secret" hint={c ? "One is kept. Leave this empty to go on with it." : "It is stored sealed, and not shown again."}>
          {(ids) => <Input {...ids} type="password" autoComplete="off" required={!c || issuer.trim() !== c.issuer} maxLength={500} value={secret} onChange={(e) => fill({ secret: e.target.value })} />}
        </Field>
        <Switch label="Let newcomers join" hint="Off, only who is a member or was invited comes in." checked={joins} onChange={(on) => fill({ joins: on })} />
        <div className="space-y-1">
          <span className="block font-medium">Role of newcomers</span>
          <Select label="Role of newcomers" value={role} onChange={(v) => fill({ role: v as GivenRole })} options={roles} />
        </div>
        <fieldset className="space-y-2">
          <legend className="font-medium">Roles by group</legend>
          <p className="text-[0.8125rem] text-muted">Whoever is in one of these groups has its role each time they come in. The highest counts; owners stay owners.</p>
          {groups.map((g, i) => (
            <div key={i} className="flex flex-wrap items-center gap-2">
              <Input aria-label={`Group ${i + 1}`} className="min-w-0 flex-1 basis-40" maxLength={500} value={g.group} onChange={(e) => set(i, { group: e.target.value })} />
              <Select label={`Role of group ${i + 1}`} value={g.role} onChange={(v) => set(i, { role: v as GivenRole })} options={roles} />
              <Button size="sm" variant="dangerGhost" aria-label={`Remove group ${i + 1}`} onClick={() => setGroups((all) => all.filter((_, n) => n !== i))}>
                Remove
              </Button>
            </div>
          ))}
          <Refused name="group_roles" />
          <Button size="sm" onClick={() => setGroups((all) => [...all, { group: "", role: "developer" }])}>
            Add a group
          </Button>
        </fieldset>
        {groups.length > 0 && (
          <Field name="groups_claim" label="Claim with the groups" hint="Most providers call it groups.">
            {(ids) => <Input {...ids} maxLength={500} value={claim} onChange={(e) => fill({ claim: e.target.value })} />}
          </Field>
        )}
        <Switch
          name="required"
          label="Only by single sign-on"
          hint="Members come in by your provider alone. Owners can still sign in by themselves, for the day on which it is out. Test it first."
          checked={required}
          onChange={(on) => fill({ required: on })}
        />
        <FormError error={error} />
        <Button type="submit" variant="primary" busy={busy}>
          Save
        </Button>
        {dialog}
      </Form>
    </Card>
  );
}
