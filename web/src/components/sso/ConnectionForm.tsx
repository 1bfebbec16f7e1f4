import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { saveSso, ssoQuery, type GivenRole, type Sso } from "@/api/sso";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Field, Input, Switch } from "@/components/ui/field";
import { Form, FormError, Refused, useSubmit } from "@/components/ui/form";
import { Select } from "@/components/ui/select";
import { useToast } from "@/components/ui/toast";

const roles = [
  { value: "viewer", label: "Viewer" },
  { value: "developer", label: "Developer" },
  { value: "admin", label: "Admin" },
];

export function ConnectionForm({ sso }: { sso: Sso }) {
  const queries = useQueryClient();
  const toast = useToast();
  const c = sso.connection;
  const [issuer, setIssuer] = useState(c?.issuer ?? "");
  const [clientId, setClientId] = useState(c?.client_id ?? "");
  const [secret, setSecret] = useState("");
  const [joins, setJoins] = useState(c?.joins ?? false);
  const [role, setRole] = useState<GivenRole>(c?.default_role ?? "viewer");
  const [claim, setClaim] = useState(c?.groups_claim ?? "groups");
  const [groups, setGroups] = useState(c?.group_roles ?? []);
  const [required, setRequired] = useState(c?.required ?? false);
  const set = (i: number, by: Partial<(typeof groups)[number]>) => setGroups((all) => all.map((g, n) => (n === i ? { ...g, ...by } : g)));
  const { busy, error, form } = useSubmit(async () => {
    const next = await saveSso({
      issuer, client_id: clientId, client_secret: secret, joins, default_role: role, groups_claim: claim, group_roles: groups.filter((g) => g.group.trim()), required, updated_at: c?.updated_at,
    });
    toast.good("Single sign-on saved", c ? undefined : "Name your e-mail domains next, and test it.");
    queries.setQueryData<Sso>(ssoQuery.queryKey, next);
  });
  return (
    <Card title="Identity provider">
      <Form of={form} className="space-y-4">
        <Field name="issuer" label="Issuer" hint="As your provider names itself, such as https://login.example.com. Its description is read when you save.">
          {(ids) => <Input {...ids} type="url" inputMode="url" required maxLength={500} value={issuer} onChange={(e) => setIssuer(e.target.value)} />}
        </Field>
        <Field name="client_id" label="Client id">{(ids) => <Input {...ids} required maxLength={500} autoComplete="off" value={clientId} onChange={(e) => setClientId(e.target.value)} />}</Field>
        <Field name="client_secret" label="Client secret" hint={c ? "One is kept. Leave this empty to go on with it." : "It is stored sealed, and not shown again."}>
          {(ids) => <Input {...ids} type="password" autoComplete="off" required={!c || issuer.trim() !== c.issuer} maxLength={500} value={secret} onChange={(e) => setSecret(e.target.value)} />}
        </Field>
        <Switch label="Let newcomers join" hint="Off, only who is a member or was invited comes in." checked={joins} onChange={setJoins} />
        <div className="space-y-1">
          <span className="block font-medium">Role of newcomers</span>
          <Select label="Role of newcomers" value={role} onChange={(v) => setRole(v as GivenRole)} options={roles} />
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
            {(ids) => <Input {...ids} maxLength={500} value={claim} onChange={(e) => setClaim(e.target.value)} />}
          </Field>
        )}
        <Switch
          name="required"
          label="Only by single sign-on"
          hint="Members come in by your provider alone. Owners can still sign in by themselves, for the day on which it is out. Test it first."
          checked={required}
          onChange={setRequired}
        />
        <FormError error={error} />
        <Button type="submit" variant="primary" busy={busy}>
          Save
        </Button>
      </Form>
    </Card>
  );
}
