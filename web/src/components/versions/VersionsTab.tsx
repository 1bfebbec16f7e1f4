import { useQuery } from "@tanstack/react-query";
import { History } from "lucide-react";
import { clientsQuery } from "@/api/calls";
import { setRunning, versionQuery, versionsQuery } from "@/api/versions";
import type { Schemas, Workflow } from "@/api/types";
import { inOrder } from "@/lib/flow/order";
import type { Doc } from "@/lib/flow/tree";
import { useFilters, useScope } from "@/lib/hooks";
import { toYAML } from "@/lib/yaml";
import { Async, Problem, Skeleton } from "../Async";
import { Confirm } from "../Confirm";
import { Empty } from "../Empty";
import { Time } from "../Time";
import { Badge } from "../ui/badge";
import { Button } from "../ui/button";
import { Card } from "../ui/card";
import { Select } from "../ui/select";
import { CanaryDialog } from "./CanaryDialog";
import { Changes } from "./Changes";
import { DiffView } from "./DiffView";

interface Props {
  workflow: Workflow;
  /** The draft as it is drawn now, saved or not. */
  draft: string;
  changed: (next: Workflow) => void;
  /** Makes a version the draft, which is not saved by that. */
  edit: (doc: Doc, version: number) => void;
}

/** Every version of a workflow: who made it, when and why, how any two differ, and which of them run. */
export function VersionsTab({ workflow: w, draft, changed, edit }: Props) {
  const scope = useScope();
  const versions = useQuery({ ...versionsQuery(scope, w.id), enabled: w.version > 0 });
  if (w.version === 0)
    return (
      <Card>
        <Empty icon={History} title="No version yet">
          Deploying makes a version of the draft, which never changes again. Later ones are compared with it here, tried on a share of the runs, and taken back.
        </Empty>
      </Card>
    );
  return (
    <div className="space-y-4">
      <Card flush title="Versions" text="Which of them run is the same in both environments. Runs that have begun keep their version.">
        <Async query={versions}>
          {(d) => (
            <ol aria-label="Versions" className="divide-y divide-line">
              {d.data.map((v) => (
                <Row key={v.version} version={v} workflow={w} changed={changed} edit={edit} />
              ))}
            </ol>
          )}
        </Async>
      </Card>
      {versions.data && <Compare workflow={w} versions={versions.data.data} draft={draft} />}
    </div>
  );
}

function Row({ version: v, workflow: w, changed, edit }: { version: Schemas["WorkflowVersion"] } & Omit<Props, "draft">) {
  const scope = useScope();
  const [, setFilters] = useFilters();
  const clients = useQuery(clientsQuery);
  const author = clients.data?.data.find((c) => c.id === v.author)?.name ?? v.author;
  const definition = useQuery({ ...versionQuery(scope, w.id, v.version), enabled: false });
  const n = v.version;
  const bring = async () => {
    const { data } = await definition.refetch();
    if (data) edit(inOrder(data as unknown as Doc), n);
  };
  return (
    <li className="flex flex-wrap items-start gap-x-3 gap-y-2 px-4 py-2.5">
      <div className="min-w-48 grow basis-0">
        <div className="flex flex-wrap items-center gap-2">
          <span className="font-medium">Version {n}</span>
          {v.running && <Badge tone={w.active ? "good" : "neutral"}>{w.active ? (w.canary ? `Runs, ${100 - w.canary.percent} %` : "Runs") : "Switched off"}</Badge>}
          {v.canary_percent > 0 && <Badge tone="warn">On trial, {v.canary_percent} %</Badge>}
        </div>
        {v.message && <p className="break-words">{v.message}</p>}
        <p className="break-words text-[0.8125rem] text-muted">
          {author}, <Time at={v.created_at} />
        </p>
        {definition.error && <Problem error={definition.error} slim />}
      </div>
      <div className="flex flex-wrap gap-2">
        {!v.running && (
          <Button size="sm" variant="ghost" aria-label={`Compare version ${n} with the running one`} onClick={() => setFilters({ from: String(n), to: String(w.version) })}>
            Compare
          </Button>
        )}
        <Button size="sm" variant="ghost" busy={definition.isFetching} aria-label={`Edit version ${n}`} onClick={() => void bring()}>
          Edit
        </Button>
        {v.canary_percent > 0 ? (
          <Confirm
            trigger={<Button size="sm">End the trial</Button>}
            title={`End the trial of version ${n}?`}
            text={`All new runs are of version ${w.version}. Runs of version ${n} that have begun finish as they are.`}
            action="End the trial"
            mild
            done="The trial has ended"
            act={() => setRunning(scope, w, { version: w.version }).then(changed)}
          />
        ) : (
          !v.running && <CanaryDialog workflow={w} version={n} done={changed} trigger={<Button size="sm" variant="ghost" aria-label={`Try version ${n}`}>Try…</Button>} />
        )}
        {!v.running && (
          <Confirm
            trigger={
              <Button size="sm" aria-label={n < w.version ? `Go back to version ${n}` : `Run version ${n}`}>
                {n < w.version ? "Go back" : "Run"}
              </Button>
            }
            title={n < w.version ? `Go back to version ${n}?` : `Run version ${n}?`}
            text={
              <div className="space-y-3">
                <p>
                  All new runs are of version {n}, in both environments, until another is chosen or the draft is deployed. Runs that have begun keep their version, and the draft stays as it is.
                  {w.canary && w.canary.version !== n && ` The trial of version ${w.canary.version} ends.`}
                </p>
                <Changes workflowId={w.id} from={w.version} to={n} none="It is the same as the version that runs." />
              </div>
            }
            action={`Run version ${n}`}
            mild
            done={`Version ${n} runs`}
            act={() => setRunning(scope, w, { version: n }).then(changed)}
          />
        )}
      </div>
    </li>
  );
}

/** Two definitions beside each other: of two versions, or of one and the draft. */
function Compare({ workflow: w, versions, draft }: { workflow: Workflow; versions: Schemas["WorkflowVersion"][]; draft: string }) {
  const [{ from, to }, setFilters] = useFilters();
  const earlier = versions.find((v) => v.version < w.version)?.version;
  const [a, b] = from && to ? [from, to] : w.draft_differs || earlier === undefined ? [String(w.version), "draft"] : [String(earlier), String(w.version)];
  const options = [{ value: "draft", label: "Draft" }, ...versions.map((v) => ({ value: String(v.version), label: `Version ${v.version}` }))];
  const before = useText(w.id, a, draft);
  const after = useText(w.id, b, draft);
  const name = (of: string) => (of === "draft" ? "Draft" : `Version ${of}`);
  return (
    <Card
      flush
      title="Compare"
      actions={
        <div className="flex items-center gap-2">
          <Select label="From" value={a} onChange={(v) => setFilters({ from: v, to: b })} options={options} className="w-32" />
          <span aria-hidden className="text-muted">
            →
          </span>
          <Select label="To" value={b} onChange={(v) => setFilters({ from: a, to: v })} options={options} className="w-32" />
        </div>
      }
    >
      {(before.error ?? after.error) ? (
        <Problem error={(before.error ?? after.error)!} />
      ) : before.text === undefined || after.text === undefined ? (
        <Skeleton className="m-4 h-32" />
      ) : (
        <DiffView key={`${a} ${b}`} before={before.text} after={after.text} names={[name(a), name(b)]} />
      )}
    </Card>
  );
}

function useText(workflowId: string, of: string, draft: string): { text?: string; error?: Error | null } {
  const version = Number(of);
  const found = useQuery({ ...versionQuery(useScope(), workflowId, version), enabled: version > 0 });
  if (of === "draft") return { text: draft };
  return { text: found.data && toYAML(inOrder(found.data as unknown as Doc)), error: found.error };
}
