import { CircleCheck, CircleMinus, CircleX } from "lucide-react";
import type { AppChecked, AppProblem } from "@/api/types";
import { Card } from "./ui/card";

/** What is wrong with a file. Each line leads to its place in the editor. */
export function AppProblems({ problems, show, id }: { problems: AppProblem[]; show: (line: number) => void; id: string }) {
  return (
    <div role="alert" id={id} className="mb-3 rounded-md border border-bad/30 bg-bad-soft px-3 py-2">
      <p className="font-medium">{problems.length === 1 ? "There is a problem in the file. It cannot be saved like this." : `There are ${problems.length} problems in the file. It cannot be saved like this.`}</p>
      <ul className="mt-1 space-y-0.5">
        {problems.slice(0, 20).map((p, i) => (
          <li key={i} className="break-words">
            <button type="button" className="font-medium text-accent underline underline-offset-4" onClick={() => show(p.line)}>
              line {p.line}
            </button>
            : {p.path && <code className="text-[0.8125rem]">{p.path}</code>}
            {p.path && ": "}
            {p.text}
          </li>
        ))}
      </ul>
    </div>
  );
}

const names: Record<string, string> = {
  authorize: "Sign-in page",
  token_ok: "Token answer",
  token_error: "Error answer",
  refresh_ok: "Refresh",
  identity: "Who is connected",
  inject: "Credential in calls",
  foreign_host: "Other hosts",
};
const looks = {
  passed: { Icon: CircleCheck, word: "passed", tone: "text-good" },
  failed: { Icon: CircleX, word: "failed", tone: "text-bad" },
  skipped: { Icon: CircleMinus, word: "skipped", tone: "text-muted" },
} as const;

/** How the recorded answers went through the engine. */
export function AppChecks({ checked }: { checked: AppChecked }) {
  const failed = checked.checks.filter((c) => c.result === "failed").length;
  return (
    <Card
      title="Dry run"
      text={
        <span role="status">
          {failed === 0 ? "Nothing failed. " : `${failed} of ${checked.checks.length} checks failed. `}
          Recorded answers were played; no provider was called.
        </span>
      }
      flush
    >
      <ul className="divide-y divide-line border-t border-line">
        {checked.checks.map((c, i) => {
          const { Icon, word, tone } = looks[c.result];
          return (
            <li key={i} className="flex items-start gap-2.5 px-4 py-2">
              <Icon className={`mt-0.5 size-4 shrink-0 ${tone}`} aria-hidden />
              <div className="min-w-0">
                <p className="font-medium">
                  {names[c.name] ?? c.name} <span className="font-normal text-muted">of {c.auth}, {word}</span>
                </p>
                <p className="break-words text-muted">{c.text}</p>
              </div>
            </li>
          );
        })}
      </ul>
    </Card>
  );
}
