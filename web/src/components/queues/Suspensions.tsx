import { useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { decide } from "@/api/queues";
import type { Schemas } from "@/api/types";
import { useScope } from "@/lib/hooks";
import { paths } from "@/paths";
import { Ask } from "../Ask";
import { CopyButton } from "../Copy";
import { DefinitionEditor } from "../DefinitionEditor";
import { Time } from "../Time";
import { Button } from "../ui/button";
import { FormActions, FormError, useSubmit } from "../ui/form";
import { SelectField } from "../ui/select";
import { useToast } from "../ui/toast";

type Suspension = Schemas["RunSuspension"];

const endings: Record<string, string> = { continue: "then it goes on without", cancel: "then the run ends" };

/** The steps that wait for somebody: until when, and where they are answered. */
export function SuspensionList({ suspensions }: { suspensions: Suspension[] }) {
  const scope = useScope();
  return (
    <ul aria-label="Steps that wait for somebody" className="divide-y divide-line">
      {suspensions.map((s) => (
        <li key={`${s.run_id} ${s.path}`} className="flex flex-wrap items-start gap-x-6 gap-y-2 px-4 py-3">
          <div className="min-w-48 grow basis-0">
            <p className="break-words font-medium">
              <Link {...(paths.run(scope, s.run_id) as { to: string })} className="hover:underline underline-offset-4">
                {s.form?.title || s.path}
              </Link>
            </p>
            <p className="text-[0.8125rem] text-muted">
              {s.workflow_name}
              {s.form?.title && `, ${s.path}`}
              {s.external_user_id && `, for ${s.external_user_id}`}
            </p>
            <p className="text-[0.8125rem] text-muted">
              Asked <Time at={s.since} />
              {s.until && (
                <>
                  , its links hold until <Time at={s.until} />, {endings[s.on_timeout] ?? "then the step fails"}
                </>
              )}
              .
            </p>
          </div>
          <div className="flex flex-wrap items-center gap-2">
            <CopyButton text={s.resume_url} what={`the link of ${s.path}`} labelled />
            <a href={s.resume_url} target="_blank" rel="noreferrer" aria-label={`Open the page of ${s.path}`} className="px-2 text-[0.8125rem] text-accent hover:underline underline-offset-4">
              Open
            </a>
            <Ask
              title={s.form?.title || `Answer ${s.path}?`}
              description={s.form?.text || "The run goes on with what is said here. Its links are used up by that."}
              trigger={
                <Button size="sm" aria-label={`Answer ${s.path}`}>
                  Answer…
                </Button>
              }
            >
              {(close) => <AnswerForm suspension={s} close={close} />}
            </Ask>
          </div>
        </li>
      ))}
    </ul>
  );
}

function AnswerForm({ suspension: s, close }: { suspension: Suspension; close: () => void }) {
  const scope = useScope();
  const toast = useToast();
  const queries = useQueryClient();
  const [choice, setChoice] = useState("approve");
  const empty = s.form?.fields?.length ? Object.fromEntries(s.form.fields.map((f) => [f.name, f.type === "boolean" ? false : f.type === "number" ? 0 : (f.options?.[0] ?? "")])) : {};
  const [text, setText] = useState(() => JSON.stringify(empty, null, 2));
  const { busy, error, onSubmit } = useSubmit(async () => {
    let answer: unknown;
    try {
      answer = choice === "cancel" || text.trim() === "" ? undefined : JSON.parse(text);
    } catch (e) {
      throw new Error(`The answer is not JSON: ${(e as Error).message}`);
    }
    await decide(scope, s.run_id, { path: s.path, choice: choice === "cancel" ? "cancel" : "resume", ...(choice === "reject" && { approved: false }), ...(answer !== undefined && { data: answer as never }) });
    close();
    toast.good(choice === "cancel" ? "The run has ended" : "The run goes on");
    for (const key of ["suspensions", "queues", "runs"]) void queries.invalidateQueries({ queryKey: [key] });
  });
  return (
    <form className="space-y-4" onSubmit={onSubmit}>
      <SelectField
        label="Answer"
        value={choice}
        onChange={setChoice}
        options={[
          { value: "approve", label: s.form?.approve || "Go on" },
          { value: "reject", label: s.form?.reject || "Go on, as refused" },
          { value: "cancel", label: "End the run" },
        ]}
      />
      {choice !== "cancel" && <DefinitionEditor short label="What was filled in" hint="JSON, which steps find in resume_data." value={text} onChange={setText} />}
      <FormError error={error} />
      <FormActions action={choice === "cancel" ? "End the run" : "Answer"} variant={choice === "cancel" ? "danger" : "primary"} busy={busy} disabled={false} />
    </form>
  );
}
