import { Settings } from "lucide-react";
import { topOf, valueOf } from "@/lib/flow/kinds";
import { settingGroups } from "@/lib/flow/settings";
import { put, type Node } from "@/lib/flow/tree";
import { Fold } from "../Json";
import { Field, Input } from "../ui/field";
import { useEditor, wrongOf } from "./editor";
import { Fields } from "./fields/Fields";
import { JsonField } from "./fields/JsonField";
import { Drawer } from "./StepDrawer";

const known = new Set(["owner", "runbook_url", ...settingGroups.flatMap((g) => g.fields.map(topOf))]);

/** What holds for the workflow as a whole. */
export function SettingsDrawer() {
  const e = useEditor();
  const settings = e.doc.settings ?? {};
  const setAll = (fields: Record<string, unknown>) => {
    const next = Object.fromEntries(Object.entries({ ...settings, ...fields }).filter(([, v]) => v !== undefined && v !== ""));
    const doc = put(e.doc, ["settings"], next);
    if (Object.keys(next).length === 0) delete doc.settings;
    e.edit(doc, { word: `settings.${Object.keys(fields)[0]}` });
  };
  const set = (field: string, value: unknown) => setAll({ [field]: value });
  const faults = wrongOf(e.faults.filter((f) => f.path[0] === "settings"), ["settings"]);
  const wrong = (field: string) => faults[field];
  const node = settings as Node;
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
        {settingGroups.map((g) => {
          const said = g.fields.filter((f) => valueOf(node, f) !== undefined).length;
          return (
            <Fold key={g.title} title={g.title} aside={said === 0 ? g.unless : "as said"} open={said > 0}>
              <div className="space-y-4 pt-1">
                <Fields specs={g.fields} node={node} path={["settings"]} setAll={setAll} context={e.context(undefined)} wrong={faults} />
              </div>
            </Fold>
          );
        })}
        {Object.keys(settings)
          .filter((k) => !known.has(k))
          .map((key) => (
            <JsonField key={key} label={key} value={settings[key]} onChange={(v) => set(key, v)} context={e.context(undefined)} />
          ))}
      </fieldset>
    </Drawer>
  );
}
