import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useSession } from "@/lib/hooks";
import { routes } from "@/paths";
import { Mark } from "./Mark";
import { MemberMenu } from "./MemberMenu";
import { ThemeToggle } from "./ThemeToggle";

/** The frame of what is of no project. */
export function PlainFrame({ children }: { children: ReactNode }) {
  return (
    <div className="min-h-dvh">
      <header className="sticky top-0 z-20 flex min-h-12 items-center gap-3 border-b border-line bg-surface px-3 sm:px-5">
        <Link to={routes.home} className="flex items-center gap-2.5 font-semibold tracking-tight" title="Back to the console">
          <Mark />
          Patchbay
        </Link>
        <div className="ml-auto flex items-center gap-0.5">
          <ThemeToggle />
          <MemberMenu session={useSession()} />
        </div>
      </header>
      <main className="mx-auto max-w-4xl px-3 py-5 sm:px-5">{children}</main>
    </div>
  );
}
