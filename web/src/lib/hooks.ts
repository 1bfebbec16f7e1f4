import { useInfiniteQuery, type InfiniteData, type QueryKey } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { createContext, useCallback, useContext, useEffect, useState } from "react";
import type { PageInfo, Scope } from "@/api/types";
import type { Role, Session } from "@/api/session";

const SessionContext = createContext<Session | null>(null);
export const SessionProvider = SessionContext.Provider;

/** The signed-in member. Only inside the shell. */
export function useSession(): Session {
  const s = useContext(SessionContext);
  if (!s) throw new Error("useSession outside of the shell");
  return s;
}

const anyParams = { strict: false } as const;

/** One parameter of the address; empty when the address has none of that name. */
export function useParam(name: string): string {
  const all = useParams(anyParams) as Record<string, string | undefined>;
  return all[name] ?? "";
}

/** The project and environment of the address. */
export function useScope(): Scope {
  const projectId = useParam("projectId");
  const environment = useParam("environment") === "production" ? "production" : "development";
  return { projectId, environment };
}

/** What the member may do in the project of the address, or in the workspace where there is none. */
export function useRole(): Role {
  const { member } = useSession();
  const projectId = useParam("projectId");
  return member.projects?.find((p) => p.project_id === projectId)?.role ?? member.role;
}

/** Filters live in the address, so that a list can be bookmarked and sent to a colleague. */
export function useFilters(): [Record<string, string | undefined>, (change: Record<string, string | undefined>) => void] {
  const search = useSearch(anyParams) as Record<string, string | undefined>;
  const navigate = useNavigate();
  const change = useCallback(
    (by: Record<string, string | undefined>) =>
      void navigate({
        to: ".",
        replace: true,
        search: (old: Record<string, string | undefined>) => {
          const all = { ...old, ...by };
          return Object.fromEntries(Object.entries(all).filter(([, v]) => v !== undefined && v !== ""));
        },
      } as never),
    [navigate],
  );
  return [search, change];
}

export interface Page<T> {
  data: T[];
  page_info: PageInfo;
}

/** Fetches the page after a cursor; without a limit it has as many rows as the list shows at a time. */
export type FetchPage<T> = (after: string | undefined, limit?: number) => Promise<Page<T>>;

/** A list that grows page by page. A null end cursor is the last page. With it comes how its pages are fetched, for who wants all of them. */
export function usePages<T>(key: QueryKey, fetchPage: FetchPage<T>, refetchInterval?: number | false) {
  const query = useInfiniteQuery<Page<T>, Error, InfiniteData<Page<T>>, QueryKey, string | undefined>({
    queryKey: key,
    queryFn: ({ pageParam }) => fetchPage(pageParam),
    initialPageParam: undefined,
    getNextPageParam: (last) => last.page_info.end_cursor ?? undefined,
    refetchInterval,
  });
  return { ...query, fetchPage };
}

/** The value after it has been still for a while, so that typing is not a request per letter. */
export function useSettled<T>(value: T, ms = 250): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const t = setTimeout(() => setSettled(value), ms);
    return () => clearTimeout(t);
  }, [value, ms]);
  return settled;
}

/** The clock, for things that grow while one watches. Stands still when `running` is false. */
export function useNow(running: boolean, everyMs = 1_000): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    if (!running) return;
    const t = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(t);
  }, [running, everyMs]);
  return now;
}

/** Names the tab of the browser. */
export function useTitle(title: string) {
  useEffect(() => {
    document.title = title ? `${title} · Patchbay` : "Patchbay";
  }, [title]);
}
