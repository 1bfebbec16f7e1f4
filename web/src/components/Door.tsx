import type { ReactNode } from "react";
import { Mark } from "./Mark";
import { ThemeToggle } from "./ThemeToggle";

/** The frame of what one sees before one is signed in. */
export function Door({ title, text, children }: { title: string; text: ReactNode; children: ReactNode }) {
  return (
    <main className="relative flex min-h-dvh items-center justify-center px-4 py-10">
      <div className="absolute right-3 top-3">
        <ThemeToggle />
      </div>
      <div className="w-full max-w-sm">
        <div className="mb-6 flex items-center gap-3">
          <Mark size={38} />
          <div>
            <h1 className="text-xl font-semibold tracking-tight">{title}</h1>
            <p className="text-muted">{text}</p>
          </div>
        </div>
        {children}
      </div>
    </main>
  );
}

export const doorForm = "space-y-4 rounded-lg border border-line bg-surface p-5 shadow-card";
