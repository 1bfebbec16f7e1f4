import type { LucideIcon } from "lucide-react";
import type { ReactNode } from "react";

/** An empty place says what would be here and how it gets here. */
export function Empty({ icon: Icon, title, children, action }: { icon: LucideIcon; title: string; children: ReactNode; action?: ReactNode }) {
  return (
    <div className="flex flex-col items-center px-6 py-10 text-center">
      <span className="mb-3 flex size-10 items-center justify-center rounded-full bg-accent-soft text-accent">
        <Icon className="size-5" aria-hidden />
      </span>
      <p className="font-semibold">{title}</p>
      <div className="mt-1 max-w-md text-muted">{children}</div>
      {action && <div className="mt-4 flex flex-wrap justify-center gap-2">{action}</div>}
    </div>
  );
}

/** For a filter that matches nothing. */
export function NoMatch({ clear }: { clear: () => void }) {
  return (
    <div className="px-6 py-10 text-center text-muted">
      Nothing matches these filters.{" "}
      <button type="button" onClick={clear} className="text-accent hover:underline underline-offset-4">
        Clear them
      </button>
    </div>
  );
}
