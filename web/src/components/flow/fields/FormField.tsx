import { ArrowDown, ArrowUp, Plus, X } from "lucide-react";
import type { Context } from "@/lib/flow/expression";
import { freeName, swapped } from "@/lib/flow/tree";
import { Button } from "../../ui/button";
import { Checkbox, Field, Input, Switch } from "../../ui/field";
import { SelectField } from "../../ui/select";
import { ExpressionInput } from "./ExpressionInput";
import { ListField } from "./ListField";

interface Asked {
  name: string;
  type: string;
  label?: string;
  help?: string;
  required?: boolean;
  options?: string[];
  long?: boolean;
}

interface Form {
  title?: string;
  text?: string;
  approve?: string;
  reject?: string;
  fields?: Asked[];
}

const kinds = [{ value: "text", label: "a line" }, { value: "long", label: "a text" }, { value: "number", label: "a number" }, { value: "boolean", label: "yes or no" }, { value: "choice", label: "one of several" }];

/** The object without what is empty. */
function filled<T extends object>(o: T): T {
  return Object.fromEntries(Object.entries(o).filter(([, v]) => v !== undefined && v !== "" && v !== false)) as T;
}

/** The page that a person sees who opens the link of a run that waits. */
export function FormField({ value, onChange, context }: { value: Form | undefined; onChange: (f: Form | undefined) => void; context: Context }) {
  const set = (by: Partial<Form>) => onChange(filled({ ...value, ...by }));
  const fields = value?.fields ?? [];
  const put = (i: number, by: Partial<Asked>) => set({ fields: fields.map((f, n) => (n === i ? filled({ ...f, ...by }) : f)) });
  const order = (next: Asked[]) => set({ fields: next.length > 0 ? next : undefined });
  const text = (key: "title" | "text", label: string, lines?: boolean) => (
    <Field label={label}>{(ids) => <ExpressionInput id={ids.id} lines={lines} value={value?.[key] ?? ""} onChange={(t) => set({ [key]: t })} context={context} />}</Field>
  );
  return (
    <fieldset className="space-y-3">
      <Switch label="A page for people" hint="Off, the link is for programs: a POST to it lets the run go on." checked={value !== undefined} onChange={(on) => onChange(on ? { title: "Approve this?", approve: "Approve", reject: "Reject" } : undefined)} />
      {value !== undefined && (
        <>
          {text("title", "Title")}
          {text("text", "Text", true)}
          <div className="grid grid-cols-2 gap-2">
            <Field label="Button">{(ids) => <Input {...ids} value={value.approve ?? ""} maxLength={200} placeholder="Continue" onChange={(e) => set({ approve: e.target.value })} />}</Field>
            <Field label="Other button">{(ids) => <Input {...ids} value={value.reject ?? ""} maxLength={200} placeholder="none" onChange={(e) => set({ reject: e.target.value })} />}</Field>
          </div>
          {fields.map((f, i) => {
            const what = f.label ?? f.name;
            return (
              <div key={i} className="space-y-2 rounded-md border border-line p-3">
                <div className="flex items-center gap-1">
                  <span className="grow truncate text-[0.8125rem] text-muted">{what || `field ${i + 1}`}</span>
                  <Button variant="ghost" size="iconSm" disabled={i === 0} aria-label={`Move ${what} up`} onClick={() => order(swapped(fields, i, i - 1))}>
                    <ArrowUp className="size-3.5" aria-hidden />
                  </Button>
                  <Button variant="ghost" size="iconSm" disabled={i === fields.length - 1} aria-label={`Move ${what} down`} onClick={() => order(swapped(fields, i, i + 1))}>
                    <ArrowDown className="size-3.5" aria-hidden />
                  </Button>
                  <Button variant="ghost" size="iconSm" aria-label={`Remove ${what}`} onClick={() => order(fields.filter((_, n) => n !== i))}>
                    <X className="size-3.5" aria-hidden />
                  </Button>
                </div>
                <div className="grid grid-cols-2 gap-2">
                  <Field label="Name">{(ids) => <Input {...ids} value={f.name} maxLength={63} spellCheck={false} className="font-mono text-[0.8125rem]" onChange={(e) => order(fields.map((x, n) => (n === i ? { ...x, name: e.target.value.toLowerCase().replace(/[^a-z0-9_]/g, "_") } : x)))} />}</Field>
                  <SelectField label="Is" value={f.long ? "long" : f.type} onChange={(t) => put(i, { type: t === "long" ? "text" : t, long: t === "long", options: t === "choice" ? (f.options ?? ["first", "second"]) : undefined })} options={kinds} />
                </div>
                <Field label="Label">{(ids) => <Input {...ids} value={f.label ?? ""} maxLength={200} placeholder={f.name} onChange={(e) => put(i, { label: e.target.value })} />}</Field>
                {f.type === "choice" && <ListField label="Options" value={f.options} onChange={(options) => put(i, { options })} />}
                <Checkbox label="Has to be filled in" checked={Boolean(f.required)} onChange={(required) => put(i, { required })} />
              </div>
            );
          })}
          <Button size="sm" disabled={fields.length >= 20} onClick={() => order([...fields, { name: freeName("answer", new Set(fields.map((f) => f.name))), type: "text" }])}>
            <Plus className="size-3.5" aria-hidden />
            Ask for something
          </Button>
        </>
      )}
    </fieldset>
  );
}
