import { Link } from "@tanstack/react-router";
import { Check } from "lucide-react";
import type { Scope } from "@/api/types";
import { progress, type CheckStep, type StepKey } from "@/lib/checklist";
import { cn } from "@/lib/cn";
import { paths, type Place } from "@/paths";
import { Skeleton } from "./Async";
import { Card } from "./ui/card";

const places: Record<StepKey, (s: Scope) => Place> = {
  account: (s) => paths.accounts(s),
  client: paths.clients,
  workflow: paths.workflows,
  webhook: paths.webhook,
};

/** The set-up, ticked off by what the API says. It is gone once all is done: by then everybody knows the place. */
export function Checklist({ steps, scope }: { steps: CheckStep[]; scope: Scope }) {
  const p = progress(steps);
  if (p.complete) return null;
  return (
    <Card
      title="Set up this environment"
      actions={
        <span className="flex items-center gap-2.5 text-[0.8125rem] text-muted">
          {p.done} of {p.of} done
          <span aria-hidden className="h-1.5 w-20 overflow-hidden rounded-full bg-sunken">
            <span className="block h-full rounded-full bg-good transition-all" style={{ width: `${(p.done / p.of) * 100}%` }} />
          </span>
        </span>
      }
      flush
    >
      <ol className="grid divide-line max-md:divide-y md:grid-cols-2 md:[&>li:nth-child(odd)]:border-r md:[&>li:nth-child(-n+2)]:border-b xl:grid-cols-4 xl:[&>li]:!border-b-0 xl:[&>li:not(:last-child)]:border-r">
        {steps.map((s, i) => (
          <li key={s.key} className="flex gap-3 px-4 py-3">
            <span aria-hidden className={cn("mt-px flex size-5 shrink-0 items-center justify-center rounded-full text-xs font-semibold", s.done ? "bg-good-soft text-good" : "bg-sunken text-muted")}>
              {s.done === undefined ? <Skeleton className="size-2 rounded-full" /> : s.done ? <Check className="size-3.5" strokeWidth={3} /> : i + 1}
            </span>
            <div className="min-w-0">
              {s.done ? (
                <span className="font-medium text-muted">
                  {s.title}
                  <span className="sr-only"> (done)</span>
                </span>
              ) : (
                <Link {...(places[s.key](scope) as { to: string })} className="font-medium text-accent hover:underline underline-offset-4">
                  {s.title}
                </Link>
              )}
              <p className="text-[0.8125rem] text-muted">{s.text}</p>
            </div>
          </li>
        ))}
      </ol>
    </Card>
  );
}
