import type { ReactNode } from "react";
import { cn } from "@/lib/cn";

interface Props {
  title?: ReactNode;
  /** Beside the title, on the right. */
  actions?: ReactNode;
  text?: ReactNode;
  children?: ReactNode;
  className?: string;
  /** The content reaches the edge, as a table does. */
  flush?: boolean;
  level?: 2 | 3;
}

export function Card({ title, actions, text, children, className, flush, level = 2 }: Props) {
  const H = level === 2 ? "h2" : "h3";
  return (
    <section className={cn("min-w-0 rounded-lg border border-line bg-surface shadow-card", className)}>
      {(title || actions) && (
        <header className={cn("flex min-h-11 flex-wrap items-center justify-between gap-x-3 gap-y-1 px-4 py-2", !text && children ? "border-b border-line" : "")}>
          <H className="font-semibold">{title}</H>
          {actions}
        </header>
      )}
      {text && <div className={cn("px-4 text-muted", title ? (children ? "pb-1" : "pb-4") : children ? "pt-4" : "py-4", flush && children && "border-b border-line pb-3")}>{text}</div>}
      {children && <div className={flush ? "min-w-0" : "p-4"}>{children}</div>}
    </section>
  );
}

/** Names and values, two columns where there is room. */
export function Facts({ facts }: { facts: [string, ReactNode][] }) {
  return (
    <dl className="grid gap-x-6 gap-y-2.5 sm:grid-cols-[minmax(7rem,max-content)_1fr]">
      {facts.map(([name, value]) => (
        <div key={name} className="contents">
          <dt className="text-muted max-sm:-mb-2">{name}</dt>
          <dd className="min-w-0 break-words">{value}</dd>
        </div>
      ))}
    </dl>
  );
}
