import { useState } from "react";
import { api, data } from "@/api/client";
import type { components } from "@/api/schema.gen";
import type { Project } from "@/api/types";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Field, inputStyle } from "@/components/ui/field";
import { Form, FormError, useSubmit } from "@/components/ui/form";
import { useProjectForm } from "./useProjectForm";
import { cn } from "@/lib/cn";

type Rule = components["schemas"]["LogRedaction"];

const area = cn(inputStyle, "h-auto py-1.5 font-mono text-[0.8125rem]");

/** What is taken out of a project's logs before they are written, and a box to try it. */
export function RedactionsCard({ project: p, saved }: { project: Project; saved: (p: Project) => void }) {
  const save = useProjectForm(
    p,
    saved,
    (of) => ({ text: of.log_redactions.map((r) => `${r.kind}: ${r.match}`).join("\n") }),
    (of) => ({ log_redactions: rulesOf(of.text) }),
  );
  const [sample, setSample] = useState("");
  const [kept, setKept] = useState<string>();
  const rules = rulesOf(save.values.text);
  const attempt = useSubmit(async () => {
    setKept(undefined);
    setKept((await data(api.POST("/projects/{project_id}/log_redactions/try", { params: { path: { project_id: p.id } }, body: { rules, text: sample } }))).text);
  });
  return (
    <Card title="Taken out of logs" text="Before requests, runs of actions, deliveries and what code logs are written down. Events, and what goes in and out of the steps of workflows, are data: they are needed whole, and stay as they are.">
      <Form of={save.form} className="space-y-4">
        <Field
          name="log_redactions"
          label="Rules"
          hint="One a line: “field: email” for fields, parameters and headers of that name, “path: /users/*/name” in JSON, “values: email” (or card_number, iban, phone, ipv4), or “pattern: cus_[a-z0-9]+”, a regular expression."
        >
          {(ids) => <textarea {...ids} rows={4} value={save.values.text} onChange={(e) => save.set({ text: e.target.value })} placeholder={"field: email\nvalues: card_number"} spellCheck={false} autoComplete="off" className={area} />}
        </Field>
        <FormError error={save.error} />
        <Button type="submit" variant="primary" busy={save.busy} disabled={save.same}>
          Save rules
        </Button>
        {save.dialog}
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
