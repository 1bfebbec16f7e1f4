import { Link } from "@tanstack/react-router";
import type { Schemas } from "@/api/types";
import { useScope } from "@/lib/hooks";
import { paths } from "@/paths";
import { Ask } from "../Ask";
import { CopyButton } from "../Copy";
import { Time } from "../Time";
import { Button } from "../ui/button";
import { AnswerForm } from "./AnswerForm";

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
              {(close) => <AnswerForm suspension={s} after={close} />}
            </Ask>
          </div>
        </li>
      ))}
    </ul>
  );
}
