import { Plus, Trash2 } from "lucide-react";
import { cn } from "@/lib/cn";
import { freeName, put, type Node } from "@/lib/flow/tree";
import { offeredTriggers, triggerKind, triggerSummary, unknownTriggerFields } from "@/lib/flow/triggers";
import { Badge } from "../ui/badge";
import { Button } from "../ui/button";
import { Menu, MenuContent, MenuItem, MenuTrigger } from "../ui/dropdown";
import { Field, Input, Switch } from "../ui/field";
import { useEditor, wrongOf } from "./editor";
import { JsonField } from "./fields/JsonField";
import { EventFields } from "./fields/EventFields";
import { Fields } from "./fields/Fields";
import { triggerIcon } from "./icons";
import { SchedulePreview } from "./SchedulePreview";
import { Drawer } from "./StepDrawer";
import { Wire } from "./StepList";

const list = (doc: { triggers?: Node[] }): Node[] => doc.triggers ?? [];

/** What starts the workflow, side by side over its steps. */
export function TriggerCards() {
  const e = useEditor();
  const all = list(e.doc);
  const can = offeredTriggers.filter((type) => triggerKind(type).several || !all.some((t) => t.type === type));
  const add = (type: string) => {
    const name = freeName(type, new Set(all.map((t) => t.name || t.type)));
    e.edit({ ...e.doc, triggers: [...all, { name, type, ...structuredClone(triggerKind(type).blank) }] }, { said: "Trigger added" });
    e.select({ trigger: all.length });
  };
  return (
    <div className="flex flex-col items-center">
      <ul aria-label="Triggers" className="flex flex-wrap justify-center gap-2 max-sm:max-w-[calc(100dvw-4.5rem)]">
        {all.map((t, i) => {
          const Icon = triggerIcon(t.type);
          const chosen = typeof e.selection === "object" && "trigger" in e.selection && e.selection.trigger === i;
          const wrong = e.faults.find((f) => f.path[0] === "triggers" && f.path[1] === i);
          return (
            <li key={`${t.name} ${i}`}>
              <button
                type="button"
                id={`trigger-${i}`}
                aria-current={chosen || undefined}
                onClick={() => e.select({ trigger: i })}
                className={cn("flex w-60 items-center gap-3 rounded-lg border bg-surface px-3 py-2 text-left shadow-card sm:w-64", chosen ? "border-accent ring-2 ring-accent/30" : wrong ? "border-bad" : "border-line hover:border-line-strong")}
              >
                <span className={cn("flex size-8 shrink-0 items-center justify-center rounded-full", t.disabled ? "bg-sunken text-muted" : "bg-fill text-on-fill")}>
                  <Icon className="size-4" aria-hidden />
                </span>
                <span className="min-w-0 grow">
                  <span className="flex items-center gap-2">
                    <span className="truncate font-medium">{triggerKind(t.type).label}</span>
                    {Boolean(t.disabled) && <Badge>Off</Badge>}
                  </span>
                  <span className="block truncate text-[0.8125rem] text-muted">{triggerSummary(t)}</span>
                  {wrong && <span className="block text-xs text-bad">{wrong.message}</span>}
                </span>
              </button>
            </li>
          );
        })}
        {!e.readOnly && can.length > 0 && (
          <li className="flex items-center">
            <Menu>
              <MenuTrigger asChild>
                <Button variant="ghost" className={cn(all.length === 0 && "h-12 border border-dashed border-line-strong/70 px-4")}>
                  <Plus className="size-4" aria-hidden />
                  {all.length === 0 ? "Add a trigger" : "Trigger"}
                </Button>
              </MenuTrigger>
              <MenuContent>
                {can.map((type) => {
                  const Icon = triggerIcon(type);
                  return (
                    <MenuItem key={type} onSelect={() => add(type)}>
                      <Icon aria-hidden />
                      <span>
                        <span className="block font-medium">{triggerKind(type).label}</span>
                        <span className="block text-xs text-muted">{triggerKind(type).text}</span>
                      </span>
                    </MenuItem>
                  );
                })}
              </MenuContent>
            </Menu>
          </li>
        )}
      </ul>
      {all.length === 0 && <p className="mt-2 max-w-sm text-center text-[0.8125rem] text-muted">Without a trigger it is started by hand, by the API or by another workflow.</p>}
      <Wire />
    </div>
  );
}

/** Everything of one trigger. */
export function TriggerDrawer({ index }: { index: number }) {
  const e = useEditor();
  const t = list(e.doc)[index];
  if (!t) return null;
  const path = ["triggers", index];
  const kind = triggerKind(t.type);
  const Icon = triggerIcon(t.type);
  const setAll = (fields: Record<string, unknown>) => {
    const next = { ...t, ...fields };
    for (const [field, value] of Object.entries(fields)) if (value === undefined) delete next[field];
    e.edit(put(e.doc, path, next), { word: `${path.join(".")}.${Object.keys(fields)[0]}` });
  };
  const set = (field: string, value: unknown) => setAll({ [field]: value });
  const wrong = wrongOf(e.faults.filter((f) => f.path[0] === "triggers" && f.path[1] === index), path);
  const away = () => {
    e.select(undefined);
    e.edit({ ...e.doc, triggers: list(e.doc).filter((_, i) => i !== index) }, { said: "Trigger deleted" });
  };
  return (
    <Drawer
      title={kind.label}
      icon={<Icon className="size-4 shrink-0 text-muted" aria-hidden />}
      back={`trigger-${index}`}
      actions={
        !e.readOnly && (
          <Button variant="ghost" size="iconSm" aria-label="Delete" title="Delete" onClick={away}>
            <Trash2 className="size-4" aria-hidden />
          </Button>
        )
      }
    >
      <fieldset disabled={e.readOnly} className="space-y-5">
        <p className="text-[0.8125rem] text-muted">{kind.text}</p>
        <Switch label="On" hint="Off, it starts nothing; the others go on." checked={!t.disabled} onChange={(on) => set("disabled", on ? undefined : true)} />
        <Field label="Name" error={wrong.name}>
          {(ids) => <Input {...ids} value={t.name ?? ""} placeholder={t.type} maxLength={63} spellCheck={false} className="font-mono text-[0.8125rem]" onChange={(ev) => set("name", ev.target.value.toLowerCase().replace(/[^a-z0-9_]/g, "_") || undefined)} />}
        </Field>
        {t.type === "app_event" && <EventFields node={t} path={path} set={set} setAll={setAll} context={e.context(undefined)} wrong={wrong} />}
        <Fields specs={kind.fields} node={t} path={path} setAll={setAll} context={e.context(undefined)} wrong={wrong} />
        {t.type === "schedule" && <SchedulePreview trigger={t} />}
        {unknownTriggerFields(t).map((key) => (
          <JsonField key={key} label={key} value={t[key]} onChange={(v) => set(key, v)} context={e.context(undefined)} />
        ))}
      </fieldset>
    </Drawer>
  );
}
