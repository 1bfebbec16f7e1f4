import { CircleAlert, RotateCw } from "lucide-react";
import type { ReactNode } from "react";
import { ApiError } from "@/api/client";
import { cn } from "@/lib/cn";
import { Button } from "./ui/button";

/** What Async needs of a query; both kinds of React Query fit. */
export interface Faces<T> {
  data: T | undefined;
  error: Error | null;
  isPending: boolean;
  isFetching?: boolean;
  refetch: () => unknown;
}

interface Props<T> {
  query: Faces<T>;
  children: (data: T) => ReactNode;
  /** Shown while the first answer is awaited. */
  skeleton?: ReactNode;
}

/**
 * The three faces of remote data: pending, error, data. Data that was once there stays when a refresh fails,
 * with the error above it: a hiccup of the network does not empty the screen.
 */
export function Async<T>({ query, children, skeleton }: Props<T>) {
  if (query.data !== undefined) {
    return (
      <>
        {query.error && <Problem error={query.error} retry={query.refetch} slim />}
        {children(query.data)}
      </>
    );
  }
  if (query.error) return <Problem error={query.error} retry={query.refetch} />;
  return (
    <div role="status" aria-busy="true">
      <span className="sr-only">Loading</span>
      {skeleton ?? <SkeletonRows />}
    </div>
  );
}

/** What went wrong in the API's own sentence, with what support needs to find it. */
export function Problem({ error, retry, slim }: { error: Error; retry?: () => unknown; slim?: boolean }) {
  const api = error instanceof ApiError ? error : null;
  return (
    <div role="alert" className={cn("flex items-start gap-3 text-left", slim ? "mb-3 rounded-md border border-bad/30 bg-bad-soft px-3 py-2" : "px-4 py-6")}>
      <CircleAlert className="mt-0.5 size-4 shrink-0 text-bad" aria-hidden />
      <div className="min-w-0 grow">
        <p className={slim ? "" : "font-medium"}>{error.message}</p>
        {api && api.hints.length > 0 && (
          <ul className="mt-1 space-y-0.5 text-[0.8125rem] text-muted">
            {api.hints.map(([k, v]) => (
              <li key={k} className="break-words">
                {k}: {v}
              </li>
            ))}
          </ul>
        )}
        {api?.requestId && (
          <p className="mt-1 text-[0.8125rem] text-muted">
            Request <code className="break-all">{api.requestId}</code>
          </p>
        )}
        {retry && !slim && (
          <Button size="sm" className="mt-3" onClick={() => void retry()}>
            <RotateCw className="size-3.5" aria-hidden />
            Try again
          </Button>
        )}
      </div>
      {retry && slim && (
        <Button size="sm" variant="ghost" onClick={() => void retry()}>
          Try again
        </Button>
      )}
    </div>
  );
}

export function Skeleton({ className }: { className?: string }) {
  return <div aria-hidden className={cn("animate-pulse rounded bg-sunken", className)} />;
}

const widths = ["w-2/3", "w-1/2", "w-3/5", "w-2/5", "w-1/2"];

export function SkeletonRows({ rows = 5 }: { rows?: number }) {
  return (
    <div className="divide-y divide-line">
      {Array.from({ length: rows }, (_, i) => (
        <div key={i} className="flex h-10 items-center gap-6 px-4">
          <Skeleton className={cn("h-3", widths[i % widths.length])} />
          <Skeleton className="ml-auto h-3 w-16" />
        </div>
      ))}
    </div>
  );
}

export function SkeletonCard() {
  return (
    <div className="space-y-3 rounded-lg border border-line bg-surface p-4">
      <Skeleton className="h-4 w-1/3" />
      <Skeleton className="h-3 w-2/3" />
      <Skeleton className="h-3 w-1/2" />
      <Skeleton className="h-3 w-3/5" />
    </div>
  );
}
