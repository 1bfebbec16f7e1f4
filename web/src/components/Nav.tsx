import { Link, useLocation } from "@tanstack/react-router";
import { cn } from "@/lib/cn";
import { useScope } from "@/lib/hooks";
import { entryAt, groups } from "./places";

export function Nav({ className }: { className?: string }) {
  const scope = useScope();
  const here = useLocation({ select: (l) => entryAt(l.pathname)?.label });
  return (
    <nav aria-label="Main" className={cn("space-y-3", className)}>
      {groups.map((g) => (
        <div key={g.label}>
          {g.label && <div className="px-2 pb-1 text-xs text-muted">{g.label}</div>}
          <ul className="space-y-0.5">
            {g.entries.map(({ label, icon: Icon, place }) => (
              <li key={label}>
                <Link
                  {...(place(scope) as { to: string })}
                  activeOptions={{ exact: true, includeSearch: false }}
                  aria-current={here === label ? "page" : undefined}
                  className="flex h-8 items-center gap-2.5 rounded-md px-2 text-muted hover:bg-sunken hover:text-text aria-[current=page]:bg-accent-soft aria-[current=page]:font-medium aria-[current=page]:text-accent"
                >
                  <Icon className="size-4 shrink-0" aria-hidden />
                  {label}
                </Link>
              </li>
            ))}
          </ul>
        </div>
      ))}
    </nav>
  );
}
