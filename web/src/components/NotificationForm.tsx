import { useRef, useState } from "react";
import { api, data } from "@/api/client";
import { within, type NotificationChannel, type NotificationRoute, type NotificationSettings } from "@/api/types";
import { useScope } from "@/lib/hooks";
import { useConflict } from "./ChangedMeanwhile";
import { NotificationPreview } from "./NotificationPreview";
import { Checkbox, Field, Input, Switch } from "./ui/field";
import { Form, FormActions, Refused, useSubmit } from "./ui/form";
import { Select, SelectField } from "./ui/select";

export interface Told {
  data: { type: string; title: string; severity: "info" | "warning" | "error" }[];
  channels: NotificationChannel[];
}

export const channelNames: Record<NotificationChannel, string> = { discord: "Discord", slack: "Slack", teams: "Microsoft Teams", email: "E-mail", webhook: "Webhook" };
const days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
const severities = ["info", "warning", "error"] as const;
export const severityNames = { info: "Info", warning: "Warnings", error: "Errors" };
const dayNames = { mon: "Mon", tue: "Tue", wed: "Wed", thu: "Thu", fri: "Fri", sat: "Sat", sun: "Sun" };
const toggled = <T,>(list: T[], item: T, on: boolean) => (on ? [...list, item] : list.filter((x) => x !== item));

const fresh = (told: Told): NotificationSettings => ({
  name: "",
  channel: told.channels[0] ?? "discord",
  reach: "environment",
  severities: ["warning", "error"],
  event_types: ["*"],
  time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC",
  mutes: [],
  muted_until: null,
  runbook_url: "",
  enabled: true,
  digest: { every: "off", at: "09:00", day: "mon", empty: false },
});

/** The settings of a route as they are. */
export const settingsOf = (r: NotificationRoute): NotificationSettings => ({
  name: r.name, channel: r.channel, reach: r.reach, severities: r.severities, event_types: r.event_types, time_zone: r.time_zone, mutes: r.mutes,
  muted_until: r.muted_until, runbook_url: r.runbook_url, enabled: r.enabled, digest: r.digest,
});

/** Makes a route or changes one, with the message beside it as it will look. */
export function NotificationForm({ route, told, done }: { route?: NotificationRoute; told: Told; done: (saved: NotificationRoute) => void }) {
  const scope = useScope();
  const [s, setS] = useState(() => (route ? settingsOf(route) : fresh(told)));
  const [target, setTarget] = useState("");
  const set = (change: Partial<NotificationSettings>) => setS((old) => ({ ...old, ...change }));
  const mail = s.channel === "email";
  const night = s.mutes?.[0];
  const digest = s.digest ?? { every: "off", at: "09:00", day: "mon", empty: false };
  const first = useRef(route);
  const save = async (unchanged_since = first.current?.updated_at) => {
    const named = target.trim() ? (mail ? { addresses: target.split(/[\s,;]+/).filter(Boolean) } : { url: target.trim() }) : {};
    const body = { ...s, ...named };
    done(
      await data(
        route
          ? api.PUT("/projects/{project_id}/notification_routes/{notification_route_id}", { params: { ...of(route), query: { unchanged_since } }, body })
          : api.POST("/projects/{project_id}/notification_routes", { params: within(scope), body }),
      ),
    );
  };
  const of = (r: NotificationRoute) => ({ ...within(scope), path: { project_id: scope.projectId, notification_route_id: r.id } });
  const { guard, dialog } = useConflict<NotificationRoute>({
    what: "route",
    log: { project_id: scope.projectId, subject: route?.id, since: first.current?.updated_at },
    whole: true,
    // Where it leads to is a secret: it stays unless another one was entered.
    own: () => ({ ...s, target: target.trim() || first.current?.target }),
    read: (r) => ({ ...settingsOf(r), target: r.target }),
    first: () => first.current,
    newest: () => data(api.GET("/projects/{project_id}/notification_routes/{notification_route_id}", { params: of(route!) })),
    mine: (now) => save(now.updated_at),
    theirs: (now) => {
      setS(settingsOf(now));
      setTarget("");
      first.current = now;
    },
  });
  const { busy, error, form } = useSubmit(() => guard(save));
  return (
    <Form of={form}>
      <div className="grid gap-6 md:grid-cols-2">
        <div className="min-w-0 space-y-4">
          <Field name="name" label="Name">{(ids) => <Input {...ids} value={s.name} maxLength={120} required onChange={(e) => set({ name: e.target.value })} />}</Field>
          {!route && <SelectField name="channel" label="Channel" value={s.channel} onChange={(v) => set({ channel: v as NotificationChannel })} options={told.channels.map((c) => ({ value: c, label: channelNames[c] }))} />}
          <Field name="url addresses" label={mail ? "Addresses" : "URL"} hint={route ? `Now ${route.target}. Leave it empty to keep it.` : mail ? "Separated by commas." : "It is kept sealed and never shown again."}>
            {(ids) => <Input {...ids} value={target} required={!route} autoComplete="off" onChange={(e) => setTarget(e.target.value)} />}
          </Field>
          <fieldset className="space-y-1">
            <legend className="font-medium">Severity</legend>
            {severities.map((v) => (
              <Checkbox key={v} label={severityNames[v]} checked={s.severities.includes(v)} onChange={(on) => set({ severities: toggled(s.severities, v, on) })} />
            ))}
            <Refused name="severities" />
          </fieldset>
          <Field name="event_types" label="Events" hint={<>Types, separated by commas; one may end in <code>*</code>, as <code>ACCOUNT_*</code>.</>}>
            {(ids) => <Input {...ids} list="notification-events" value={s.event_types.join(", ")} required onChange={(e) => set({ event_types: e.target.value.split(/,\s*/) })} />}
          </Field>
          <datalist id="notification-events">{told.data.map((k) => <option key={k.type} value={k.type}>{k.title}</option>)}</datalist>
          <SelectField name="reach" label="Reach" value={s.reach} onChange={(v) => set({ reach: v as NotificationSettings["reach"] })}
            options={[{ value: "environment", label: `Only ${scope.environment}` }, { value: "project", label: "Both environments of the project" }, { value: "workspace", label: "All projects of the workspace" }]} />
          <Field name="time_zone" label="Time zone">{(ids) => <Input {...ids} value={s.time_zone ?? "UTC"} onChange={(e) => set({ time_zone: e.target.value })} />}</Field>
          <Switch name="mutes" label="Quiet hours" hint="Nothing is told then, and nothing of it afterwards." checked={!!night} onChange={(on) => set({ mutes: on ? [{ days: [...days], from: "22:00", to: "07:00" }] : [] })} />
          {night && (
            <div className="space-y-2">
              <div className="flex flex-wrap gap-3">
                {days.map((d) => (
                  <Checkbox key={d} label={dayNames[d]} checked={night.days.includes(d)} onChange={(on) => set({ mutes: [{ ...night, days: toggled(night.days, d, on) }] })} />
                ))}
              </div>
              <div className="flex gap-2">
                <Input type="time" aria-label="Quiet from" value={night.from} onChange={(e) => set({ mutes: [{ ...night, from: e.target.value }] })} />
                <Input type="time" aria-label="Quiet to" value={night.to} onChange={(e) => set({ mutes: [{ ...night, to: e.target.value }] })} />
              </div>
            </div>
          )}
          <Field name="runbook_url" label="Runbook" hint="Where to look what is to be done; without it, at Patchbay’s own runbook.">
            {(ids) => <Input {...ids} type="url" value={s.runbook_url ?? ""} onChange={(e) => set({ runbook_url: e.target.value })} />}
          </Field>
          <div className="flex items-end gap-2">
            <SelectField name="digest" label="Digest" value={digest.every} onChange={(v) => set({ digest: { ...digest, every: v as "off" | "daily" | "weekly" } })} options={[{ value: "off", label: "No digest" }, { value: "daily", label: "Daily digest" }, { value: "weekly", label: "Weekly digest" }]} />
            {digest.every !== "off" && <Input type="time" aria-label="Digest at" value={digest.at} onChange={(e) => set({ digest: { ...digest, at: e.target.value } })} />}
            {digest.every === "weekly" && <Select label="Digest on" value={digest.day} onChange={(v) => set({ digest: { ...digest, day: v as (typeof days)[number] } })} options={days.map((d) => ({ value: d, label: dayNames[d] }))} />}
          </div>
          <Switch name="enabled" label="On" hint="A route that is off tells nothing." checked={s.enabled ?? true} onChange={(enabled) => set({ enabled })} />
        </div>
        <NotificationPreview channel={s.channel} runbook={s.runbook_url ?? ""} events={told.data} />
      </div>
      {dialog}
      <FormActions error={error} action={route ? "Save" : "Create"} busy={busy} disabled={!s.name.trim() || s.severities.length === 0} />
    </Form>
  );
}
