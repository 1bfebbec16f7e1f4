import { useState } from "react";
import { api, data } from "@/api/client";
import type { components } from "@/api/schema.gen";
import type { Project } from "@/api/types";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Field, inputStyle } from "@/components/ui/field";
import { Form, FormError, useSubmit } from "@/components/ui/form";
import { useToast } from "@/components/ui/toast";
import { cn } from "@/lib/cn";

type Rule = components["schemas"]["LogRedaction"];

const area = cn(inputStyle, "h-auto py-1.5 font-mono text-[0.8125rem]");

/** What is taken out of a project's logs before they are written, and a box to try it. */
export function RedactionsCard({ project: p, saved }: { project: Project; saved: (p: Project) => void }) {
  const toast = useToast();
  const [text, setText] = useState(() => p.log_redactions.map((r) => `${r.kind}: ${r.match}`).join("\n"));
  const [sample, setSample] = useState("");
  const [kept, setKept] = useState<string>();
  const rules = rulesOf(text);
  const save = useSubmit(async () => {
    saved(await data(api.PATCH("/connect/projects/{project_id}", { params: { path: { project_id: p.id } }, body: { log_redactions: rules } })));
    toast.good("Settings saved");
  });
  const attempt = useSubmit(async () => {
    setKept(undefined);
    setKept((await data(api.POST("/projects/{project_id}/log_redactions/try", { params: { path: { project_id: p.id } }, body: { rules, text: sample } }))).text);
  });
  return (
    <Card title="Taken out of logs" text="Before requests, runs of actions and what sources log are written down. Runs of workflows and events are data, which are needed whole, and stay as they are.">
      <Form of={save.form} className="space-y-4">
        <Field
          name="log_redactions"
          label="Rules"
          hint="One a line: “field: email” for fields, parameters and headers of that name, “path: /users/*/name” in JSON, “values: email” (or card_number, iban, phone, ipv4), or “pattern: cus_[a-z0-9]+”, a regular expression."
        >
          {(ids) => <textarea {...ids} rows={4} value={text} onChange={(e) => setText(e.target.value)} placeholder={"field: email\nvalues: card_number"} spellCheck={false} autoComplete="off" className={area} />}
        </Field>
        <FormError error={save.error} />
        <Button type="submit" variant="primary" busy={save.busy} disabled={JSON.stringify(rules) === JSON.stringify(p.log_redactions.map(({ kind, match }) => ({ kind, match })))}>
          Save rules
        </Button>
      </Form>
      <Form of={attempt.form} className="mt-4 space-y-3 border-t border-line pt-4">
        <Field name="text" label="Try the rules on a text" hint="JSON, or a line of a log. Nothing of it is kept.">
          {(ids) => <textarea {...ids} rows={3} value={sample} maxLength={20000} onChange={(e) => setSample(e.target.value)} spellCheck={false} autoComplete="off" className={area} />}
        </Field>
        <FormError error={attempt.error} />
        <Button type="submit" busy={attempt.busy} disabled={!sample}>
          Try
        </Button>
        {kept !== undefined && (
          <output aria-label="What a log would hold" className="block whitespace-pre-wrap break-all rounded-md bg-sunken px-2.5 py-1.5 font-mono text-[0.8125rem]">
            {kept}
          </output>
        )}
      </Form>
    </Card>
  );
}

function rulesOf(text: string): Rule[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean)
    .map((line) => {
      const [kind, ...rest] = line.split(":");
      // What has no kind is the name of a field.
      return rest.length > 0 ? { kind: kind!.trim() as Rule["kind"], match: rest.join(":").trim() } : { kind: "field", match: line };
    });
}
