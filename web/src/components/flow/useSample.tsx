import { useQuery } from "@tanstack/react-query";
import { useCallback, useMemo, useState } from "react";
import { versionQuery } from "@/api/versions";
import type { Workflow } from "@/api/types";
import { inOrder } from "@/lib/flow/order";
import type { Doc } from "@/lib/flow/tree";
import { useScope } from "@/lib/hooks";
import { lastRunQuery, pastOf, runQuery } from "./past";

/**
 * The run whose values the editor shows: the one that was chosen, or the last. What was changed since is told by the
 * definition that it was of: its version, or the draft that was tested.
 */
export function useSample(w: Workflow, saved: Doc, chosen: string | undefined) {
  const scope = useScope();
  const [tested, setTested] = useState<Record<string, Doc>>({});
  const last = useQuery({ ...lastRunQuery(scope, w.id), enabled: !chosen });
  const one = useQuery({ ...runQuery(scope, chosen ?? ""), enabled: Boolean(chosen) });
  const detail = chosen ? one.data : last.data;
  const run = detail?.run;
  const version = run && !run.test ? run.version : 0;
  const deployed = useQuery({ ...versionQuery(scope, w.id, version), enabled: version > 0 });
  const base = useMemo(() => (run?.test ? tested[run.id] : deployed.data && inOrder(deployed.data as unknown as Doc)) ?? saved, [run?.test, run?.id, tested, deployed.data, saved]);
  const past = useMemo(() => pastOf(detail, base), [detail, base]);
  const remember = useCallback((runId: string, doc: Doc) => setTested((old) => ({ ...old, [runId]: doc })), []);
  return { past, run, remember };
}
