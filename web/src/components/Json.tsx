import { ChevronRight } from "lucide-react";
import type { ReactNode } from "react";
import { Code } from "./Copy";

/** JSON as it reads best; text that is not JSON stays as it is. */
export function pretty(value: unknown): string {
  if (typeof value !== "string") return JSON.stringify(value ?? null, null, 2);
  try {
    return JSON.stringify(JSON.parse(value), null, 2);
  } catch {
    return value;
  }
}

export function Json({ value, what }: { value: unknown; what: string }) {
  return <Code code={pretty(value)} what={what} wrap={typeof value === "string"} bounded />;
}

/** Something long that opens on demand. Native details: it works with the keyboard and with find-in-page. */
export function Fold({ title, children, open, onOpen, aside }: { title: ReactNode; children: ReactNode; open?: boolean; onOpen?: (open: boolean) => void; aside?: ReactNode }) {
  return (
    <details open={open} onToggle={(e) => onOpen?.(e.currentTarget.open)} className="group/fold min-w-0">
      <summary className="flex list-none items-center gap-1.5 rounded py-1 font-medium [&::-webkit-details-marker]:hidden">
        <ChevronRight className="size-4 shrink-0 text-muted transition-transform group-open/fold:rotate-90" aria-hidden />
        {title}
        {aside && <span className="ml-auto font-normal text-muted">{aside}</span>}
      </summary>
      <div className="pt-1 pb-2">{children}</div>
    </details>
  );
}
