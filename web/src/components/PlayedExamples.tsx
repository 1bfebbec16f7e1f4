import { CircleCheck, CircleX } from "lucide-react";
import type { PrivateComponentChecked } from "@/api/types";
import { Card } from "./ui/card";

/** How the examples of an operation file came out. */
export function PlayedExamples({ checked, show }: { checked: PrivateComponentChecked; show: (line: number) => void }) {
  const failed = checked.examples.filter((e) => e.wrong.length > 0).length;
  return (
    <Card title="Examples" text={<span role="status">{failed === 0 ? "All came out as they say. " : `${failed} of ${checked.examples.length} came out otherwise. `}Recorded answers were played; no app was called.</span>} flush>
      <ul className="divide-y divide-line border-t border-line">
        {checked.examples.map((e, i) => {
          const Icon = e.wrong.length > 0 ? CircleX : CircleCheck;
          return (
            <li key={i} className="flex items-start gap-2.5 px-4 py-2">
              <Icon className={`mt-0.5 size-4 shrink-0 ${e.wrong.length > 0 ? "text-bad" : "text-good"}`} aria-hidden />
              <div className="min-w-0">
                <p className="font-medium">
                  {e.name}{" "}
                  <button type="button" className="font-normal text-accent underline underline-offset-4" onClick={() => show(e.line)}>
                    line {e.line}
                  </button>
                </p>
                {e.wrong.map((w) => (
                  <p key={w} className="break-words text-muted">
                    {w}
                  </p>
                ))}
              </div>
            </li>
          );
        })}
      </ul>
    </Card>
  );
}
