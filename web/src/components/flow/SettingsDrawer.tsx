import { Settings } from "lucide-react";
import { put } from "@/lib/flow/tree";
import { Field, Input } from "../ui/field";
import { useEditor } from "./editor";
import { Drawer } from "./StepDrawer";

/** What holds for the workflow as a whole. */
export function SettingsDrawer() {
  const e = useEditor();
  const settings = e.doc.settings ?? {};
  const set = (field: string, value: unknown) => {
    const next = { ...settings, [field]: value };
    if (value === undefined || value === "") delete next[field];
    const doc = put(e.doc, ["settings"], next);
    if (Object.keys(next).length === 0) delete doc.settings;
    e.edit(doc, { word: `settings.${field}` });
  };
  const wrong = (field: string) => e.faults.find((f) => f.path[0] === "settings" && f.path[1] === field)?.message;
  return (
    <Drawer title="Settings" icon={<Settings className="size-4 shrink-0 text-muted" aria-hidden />} back="flow-settings">
      <fieldset disabled={e.readOnly} className="space-y-5">
        <Field label="Name" error={e.faults.find((f) => f.path[0] === "name")?.message}>
          {(ids) => <Input {...ids} value={e.doc.name} maxLength={120} onChange={(ev) => e.edit({ ...e.doc, name: ev.target.value }, { word: "name" })} />}
        </Field>
        <Field label="Description" hint="What it is for, for whoever finds it.">
          {(ids) => (
            <textarea
              {...ids}
              rows={3}
              maxLength={4000}
              value={e.doc.description ?? ""}
              onChange={(ev) => {
                const next = { ...e.doc, description: ev.target.value };
                if (!ev.target.value) delete (next as { description?: string }).description;
                e.edit(next, { word: "description" });
              }}
              className="w-full rounded-md border border-line-strong/60 bg-surface px-2.5 py-1.5"
            />
          )}
        </Field>
        <Field label="Owner" hint="Who is asked when it fails." error={wrong("owner")}>
          {(ids) => <Input {...ids} value={String(settings.owner ?? "")} maxLength={120} onChange={(ev) => set("owner", ev.target.value)} placeholder="payments@example.com" />}
        </Field>
        <Field label="Runbook" hint="The page that says what to do then." error={wrong("runbook_url")}>
          {(ids) => <Input {...ids} type="url" value={String(settings.runbook_url ?? "")} maxLength={2000} onChange={(ev) => set("runbook_url", ev.target.value)} placeholder="https://" />}
        </Field>
      </fieldset>
    </Drawer>
  );
}
