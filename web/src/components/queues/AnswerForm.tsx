import { useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { decide, type Decision } from "@/api/queues";
import type { Schemas } from "@/api/types";
import { emptyAnswer, readAnswer, type Filled, type FormField } from "@/lib/answers";
import { useScope } from "@/lib/hooks";
import { readJson } from "@/lib/json";
import { DefinitionEditor } from "../DefinitionEditor";
import { pretty } from "../Json";
import { Button } from "../ui/button";
import { Checkbox, Field, Input, inputStyle } from "../ui/field";
import { Form, FormError, useSubmit } from "../ui/form";
import { SelectField } from "../ui/select";
import { useToast } from "../ui/toast";
import { cn } from "@/lib/cn";

type Suspension = Schemas["RunSuspension"];
type Way = "approve" | "reject" | "cancel";

const done: Record<Way, string> = { approve: "The run goes on", reject: "The run goes on, as refused", cancel: "The run has ended" };

/** What a step that waits asks a person, with its own words; or as JSON, for what its form has no field for. */
export function AnswerForm({ suspension: s, after }: { suspension: Suspension; after?: () => void }) {
  const scope = useScope();
  const toast = useToast();
  const queries = useQueryClient();
  const fields = s.form?.fields ?? [];
  const [filled, setFilled] = useState<Filled>(() => emptyAnswer(fields));
  const [wrong, setWrong] = useState<Record<string, string>>({});
  const [raw, setRaw] = useState<string>();
  // Of the button that sends the form, which has to be known in the moment that it does.
  const chosen = useRef<Way>("approve");
  const { busy, error, form } = useSubmit(async () => {
    const way = chosen.current;
    let body: Decision = { path: s.path, choice: way === "cancel" ? "cancel" : "resume", ...(way === "reject" && { approved: false }) };
    if (way !== "cancel") {
      const read = readAnswer(fields, filled);
      if (raw === undefined && way === "approve") {
        setWrong(read.wrong);
        if (Object.keys(read.wrong).length > 0) return;
      }
      if (raw !== undefined ? raw.trim() !== "" : fields.length > 0) body = { ...body, data: (raw !== undefined ? readJson(raw, "The answer", "data") : read.data) as Decision["data"] };
    }
    await decide(scope, s.run_id, body);
    after?.();
    toast.good(done[way]);
    for (const key of ["suspensions", "queues", "runs"]) void queries.invalidateQueries({ queryKey: [key] });
  });
  const set = (name: string, v: string | boolean) => {
    setFilled({ ...filled, [name]: v });
    setWrong(Object.fromEntries(Object.entries(wrong).filter(([k]) => k !== name)));
  };
  const by = (w: Way) => ({ type: "submit" as const, busy: busy && chosen.current === w, disabled: busy && chosen.current !== w, onClick: () => void (chosen.current = w) });
  return (
    <Form of={form} className="space-y-4" noValidate>
      {raw !== undefined ? (
        <DefinitionEditor short name="data" label="What was filled in" hint="JSON, which steps find in resume_data." value={raw} onChange={setRaw} />
      ) : (
        fields.map((f) => <One key={f.name} field={f} value={filled[f.name] ?? ""} wrong={wrong[f.name]} onChange={(v) => set(f.name, v)} />)
      )}
      <FormError error={error} />
      <div className="flex flex-wrap items-center gap-2">
        <Button variant="primary" {...by("approve")}>
          {s.form?.approve || "Go on"}
        </Button>
        {(s.form?.reject || raw !== undefined) && <Button {...by("reject")}>{s.form?.reject || "Go on, as refused"}</Button>}
        <Button variant="dangerGhost" {...by("cancel")}>
          End the run
        </Button>
        <Button variant="link" size="none" className="ml-auto" onClick={() => setRaw(raw === undefined ? pretty(fields.length > 0 ? readAnswer(fields, filled).data : {}) : undefined)}>
          {raw === undefined ? "Advanced: as JSON" : "Back to the form"}
        </Button>
      </div>
    </Form>
  );
}

function One({ field: f, value, wrong, onChange }: { field: FormField; value: string | boolean; wrong: string | undefined; onChange: (v: string | boolean) => void }) {
  const label = `${f.label || f.name}${f.required ? "" : " (optional)"}`;
  const text = typeof value === "string" ? value : "";
  if (f.type === "boolean")
    return (
      <div>
        <Checkbox name={`data.${f.name}`} label={f.label || f.name} hint={f.help} checked={value === true} onChange={onChange} />
        {wrong && (
          <p role="alert" className="mt-1 text-[0.8125rem] text-bad">
            {wrong}
          </p>
        )}
      </div>
    );
  if (f.type === "choice")
    return (
      <div>
        <SelectField name={`data.${f.name}`} label={label} value={text} onChange={onChange} options={[{ value: "", label: "Choose" }, ...(f.options ?? []).map((value) => ({ value, label: value }))]} hint={f.help} />
        {wrong && (
          <p role="alert" className="mt-1 text-[0.8125rem] text-bad">
            {wrong}
          </p>
        )}
      </div>
    );
  return (
    <Field name={`data.${f.name}`} label={label} hint={f.help} error={wrong}>
      {(ids) =>
        f.long ? (
          <textarea {...ids} rows={4} value={text} onChange={(e) => onChange(e.target.value)} className={cn(inputStyle, "h-auto py-1.5")} />
        ) : (
          <Input {...ids} inputMode={f.type === "number" ? "decimal" : undefined} value={text} onChange={(e) => onChange(e.target.value)} autoComplete="off" />
        )
      }
    </Field>
  );
}
