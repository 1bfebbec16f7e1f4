import { Link } from "@tanstack/react-router";
import { ChevronRight } from "lucide-react";
import type { ReactNode } from "react";
import { useTitle } from "@/lib/hooks";
import type { Place } from "@/paths";

interface Props {
  title: string;
  /** Stands before the title, as the image of an app. */
  icon?: ReactNode;
  badge?: ReactNode;
  text?: ReactNode;
  up?: { label: string; place: Place };
  actions?: ReactNode;
}

/** The head of a page: where one is, what it is about, what can be done. */
export function PageHead({ title, icon, badge, text, up, actions }: Props) {
  useTitle(title);
  return (
    <header className="mb-4">
      {up && (
        <nav aria-label="Breadcrumb" className="mb-1 flex items-center gap-1 text-[0.8125rem] text-muted">
          <Link {...(up.place as { to: string })} className="hover:text-text hover:underline underline-offset-4">
            {up.label}
          </Link>
          <ChevronRight className="size-3.5" aria-hidden />
        </nav>
      )}
      <div className="flex flex-wrap items-start justify-between gap-x-4 gap-y-3 md:flex-nowrap">
        <div className="min-w-0">
          <div className="flex min-h-8 flex-wrap items-center gap-x-2.5 gap-y-1">
            {icon}
            <h1 className="min-w-0 break-words text-xl font-semibold tracking-tight">{title}</h1>
            {badge}
          </div>
          {text && <p className="mt-1 max-w-2xl text-muted">{text}</p>}
        </div>
        {actions && <div className="flex flex-wrap gap-2 md:shrink-0">{actions}</div>}
      </div>
    </header>
  );
}
