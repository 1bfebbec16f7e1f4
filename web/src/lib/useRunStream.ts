import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import type { Scope } from "@/api/types";
import { follow } from "./sse";

/**
 * Follows runs as they go and has what is shown of them read anew, at most once a second. While it returns false the
 * stream does not stand, and lists have to ask by themselves. An empty path follows nothing.
 */
export function useRunStream({ projectId, environment }: Scope, path: string): boolean {
  const queries = useQueryClient();
  const [standing, setStanding] = useState(false);
  useEffect(() => {
    if (!path) return;
    const stop = new AbortController();
    let due: ReturnType<typeof setTimeout> | undefined;
    const take = () => {
      due ??= setTimeout(() => {
        due = undefined;
        void queries.invalidateQueries({ queryKey: ["runs"] });
      }, 1_000);
    };
    void follow(`/v1/projects/${projectId}/${path}`, { headers: { "x-pd-environment": environment }, signal: stop.signal, take, standing: setStanding });
    return () => {
      stop.abort();
      clearTimeout(due);
      setStanding(false);
    };
  }, [projectId, environment, path, queries]);
  return standing;
}
