import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { api, data } from "@/api/client";
import { faultsOf, type Fault } from "@/lib/flow/faults";
import { useSettled } from "@/lib/hooks";

const none: Fault[] = [];

/** What the server finds wrong with a definition, once the typing rests. A text that is empty is not asked about. */
export function useCheck(projectId: string, source: string): Fault[] {
  const settled = useSettled(source, 500);
  const check = useQuery({
    queryKey: ["workflow_check", projectId, settled],
    queryFn: () => data(api.POST("/projects/{project_id}/workflows/validate", { params: { path: { project_id: projectId } }, body: { source: settled } })),
    enabled: settled !== "",
    placeholderData: (old) => old,
    staleTime: Infinity,
    gcTime: 60_000,
  });
  return useMemo(() => (check.data && settled !== "" ? faultsOf(check.data.problems) : none), [check.data, settled]);
}
