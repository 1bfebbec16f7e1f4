import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Rocket, Save } from "lucide-react";
import { useEffect, useMemo, useRef, useState } from "react";
import { updateWorkflow } from "@/api/definition";
import { api, ApiError, data } from "@/api/client";
import { triggerEventsQuery } from "@/api/components";
import { variablesQuery } from "@/api/workflows";
import type { Workflow } from "@/api/types";
import { Async, Problem, SkeletonCard } from "@/components/Async";
import { BearerDialog } from "@/components/BearerDialog";
import { useConflict } from "@/components/ChangedMeanwhile";
import { Confirm } from "@/components/Confirm";
import { Id } from "@/components/Copy";
import { EndpointCard } from "@/components/EndpointCard";
import { FaultList } from "@/components/flow/FaultList";
import { SampleSelect } from "@/components/flow/SampleSelect";
import { TestDialog, type Wanted } from "@/components/flow/TestDialog";
import { useCheck } from "@/components/flow/useCheck";
import { useFlow } from "@/components/flow/useFlow";
import { useSample } from "@/components/flow/useSample";
import { useText, Workbench } from "@/components/flow/Workbench";
import { Instances } from "@/components/instances/Instances";
import { PageHead } from "@/components/PageHead";
import { LiveTriggers } from "@/components/queues/LiveTriggers";
import { DraftBadge, WorkflowBadge } from "@/components/WorkflowBadge";
import { DeployDialog } from "@/components/versions/DeployDialog";
import { VersionsTab } from "@/components/versions/VersionsTab";
import { WorkflowIntake } from "@/components/WorkflowIntake";
import { WorkflowRuns } from "@/components/WorkflowRuns";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { useToast } from "@/components/ui/toast";
import { inOrder } from "@/lib/flow/order";
import type { Doc } from "@/lib/flow/tree";
import { useFilters, useParam, useScope } from "@/lib/hooks";
import { toYAML } from "@/lib/yaml";
import { paths } from "@/paths";

/** Somebody else saved meanwhile, and whose holds is not said yet. */
class Unsaved extends Error {}

/** One workflow: its steps, which are edited here, its runs, and where it is called. */
export function WorkflowPage() {
  const scope = useScope();
  const id = useParam("workflowId");
  const params = { path: { project_id: scope.projectId, workflow_id: id } };
  const workflow = useQuery({ queryKey: ["workflows", scope.projectId, "one", id], queryFn: () => data(api.GET("/projects/{project_id}/workflows/{workflow_id}", { params })) });
  if (workflow.data) return <Known key={id} workflow={workflow.data} />;
  return (
    <>
      <PageHead title="Workflow" up={{ label: "Workflows", place: paths.workflows(scope) }} />
      <Async query={workflow} skeleton={<SkeletonCard />}>
        {() => null}
      </Async>
    </>
  );
}

function Known({ workflow: w }: { workflow: Workflow }) {
  const scope = useScope();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const toast = useToast();
  const [{ tab = "build", sample, event, of, for: whose = "" }, setFilters] = useFilters();
  const [token, setToken] = useState<string>();
  const [error, setError] = useState<Error>();
  const [told, setTold] = useState(false);
  const [deploying, setDeploying] = useState(false);
  const params = { path: { project_id: scope.projectId, workflow_id: w.id } };
  const saved = useMemo(() => inOrder(w.draft as unknown as Doc), [w.draft]);
  const { past, run, remember } = useSample(w, saved, sample);
  const variables = useQuery(variablesQuery(scope));
  const env = useMemo(() => (variables.data?.data ?? []).filter((v) => !v.overridden), [variables.data]);
  const plain = useFlow({ saved, past, environment: scope.environment, env });
  const text = useText(plain);
  const faults = useCheck(scope.projectId, plain.dirty || text.broken ? text.text() : "");
  const [testing, setTesting] = useState<Wanted>();
  // An event of a deployed trigger, which one came here with.
  const emitted = useQuery({ ...triggerEventsQuery(scope, whose, of ?? ""), enabled: Boolean(event && of), refetchInterval: false });
  const given = event ? emitted.data?.find((e) => e.id === event)?.e : undefined;
  const { setUser } = plain;
  useEffect(() => {
    if (!given) return;
    setUser(whose);
    setTesting({});
  }, [given, setUser, whose]);
  // A test runs the draft as it is kept, so that what is drawn is kept first. What is wrong with it was told.
  const test = async (wanted: Wanted) => {
    try {
      if (plain.dirty || text.broken) await save.mutateAsync();
      setTesting(wanted);
    } catch {
      // It was told.
    }
  };
  const flow = { ...plain, faults, test: (wanted: Wanted) => void test(wanted) };

  // What is edited began as this. A draft that somebody else saved is shown at once where nothing of one's own is in the way.
  const base = useRef({ at: w.updated_at, doc: saved });
  useEffect(() => {
    if (w.updated_at === base.current.at || text.broken || JSON.stringify(plain.doc) !== JSON.stringify(base.current.doc)) return;
    base.current = { at: w.updated_at, doc: saved };
    plain.reset(saved);
  }, [w.updated_at, saved]);
  const newest = () => data(api.GET("/projects/{project_id}/workflows/{workflow_id}", { params }));
  const took = (next: Workflow) => {
    base.current = { at: next.updated_at, doc: inOrder(next.draft as unknown as Doc) };
    flow.reset(base.current.doc);
  };
  const changed = (next: Workflow) => {
    if (base.current.at === w.updated_at) base.current.at = next.updated_at;
    if (next.endpoint.bearer_token) setToken(next.endpoint.bearer_token);
    // A token shown once has no place in the cache.
    const { bearer_token: _, ...endpoint } = next.endpoint;
    queries.setQueryData(["workflows", scope.projectId, "one", w.id], { ...next, endpoint });
    void queries.invalidateQueries({ queryKey: ["workflows"], predicate: (q) => q.queryKey[2] !== "one" });
  };
  const write = async (since = base.current.at) => {
    const next = await updateWorkflow(scope.projectId, w.id, text.text(), since);
    setError(undefined);
    setTold(false);
    changed(next);
    took(next);
  };
  const { guard, dialog } = useConflict<Workflow>({
    what: "workflow",
    log: { project_id: scope.projectId, subject: w.id, since: base.current.at },
    own: () => ({ definition: text.text() }),
    read: (there) => ({ definition: toYAML(inOrder(there.draft as unknown as Doc)) }),
    first: () => ({ ...w, draft: base.current.doc as never }),
    newest,
    mine: (now) => write(now.updated_at),
    theirs: (now) => {
      changed(now);
      took(now);
    },
  });
  const save = useMutation({
    mutationFn: async () => {
      // What follows a save does not follow one that waits for an answer.
      if (!(await guard(write))) throw new Unsaved();
    },
    onError: (e) => {
      if (e instanceof Unsaved) return;
      // What is wrong with the definition is told where it is.
      setTold(true);
      setError(e instanceof ApiError && e.code === "definition" ? undefined : e);
    },
  });
  // What runs is what was saved, so that what is drawn is saved first. What is wrong with it is told where it is.
  const deploy = async () => {
    try {
      if (flow.dirty || text.broken) await save.mutateAsync();
      setDeploying(true);
    } catch {
      // It was told.
    }
  };
  const differs = w.draft_differs || flow.dirty;
  return (
    <>
      <PageHead
        title={flow.doc.name || "Workflow"}
        up={{ label: "Workflows", place: paths.workflows(scope) }}
        text={typeof flow.doc.description === "string" ? flow.doc.description : undefined}
        badge={
          <>
            <WorkflowBadge workflow={w} />
            {flow.dirty ? <Badge tone="warn">Not saved</Badge> : <DraftBadge workflow={w} />}
            <Id id={w.id} short />
          </>
        }
        actions={
          <>
            {(flow.dirty || text.broken) && (
              <Button acts busy={save.isPending} onClick={() => save.mutate()}>
                <Save className="size-4" aria-hidden />
                Save draft
              </Button>
            )}
            {(w.version === 0 || differs || !w.active) && (
              <Button acts variant="primary" busy={save.isPending} onClick={() => void deploy()}>
                <Rocket className="size-4" aria-hidden />
                {w.version > 0 && !w.active && !differs ? "Enable" : "Deploy"}
              </Button>
            )}
            {w.active && (
              <Confirm
                trigger={<Button>Disable</Button>}
                title="Disable this workflow?"
                text="New calls are answered with 404, in both environments. Runs that have begun finish. Deploying switches it on again."
                action="Disable"
                mild
                done="Workflow disabled"
                act={() => data(api.POST("/projects/{project_id}/workflows/{workflow_id}/disable", { params })).then(changed)}
              />
            )}
            <Confirm
              trigger={<Button variant="dangerGhost">Delete</Button>}
              title="Delete this workflow?"
              text="All its versions and every run go with it, in both environments. This cannot be undone."
              action="Delete workflow"
              typed={w.id}
              done="Workflow deleted"
              act={() => data(api.DELETE("/projects/{project_id}/workflows/{workflow_id}", { params }))}
              after={() => {
                void navigate(paths.workflows(scope) as never);
                void queries.invalidateQueries({ queryKey: ["workflows"], predicate: (q) => q.queryKey[3] !== w.id });
                void queries.invalidateQueries({ queryKey: ["runs"] });
              }}
            />
          </>
        }
      />
      {error && <Problem error={error} slim />}
      {dialog}
      {told && <FaultList flow={flow} open={() => setFilters({ tab: undefined })} />}
      <Workbench
        flow={flow}
        text={text}
        tools={<SampleSelect workflowId={w.id} run={run} chosen={sample} choose={(id) => setFilters({ sample: id })} />}
        tab={tab}
        setTab={(key) => setFilters({ tab: key === "build" ? undefined : key })}
        tabs={[
          {
            key: "versions",
            label: "Versions",
            content: (
              <VersionsTab
                workflow={w}
                draft={text.text()}
                changed={changed}
                edit={(doc, version) => {
                  flow.edit(doc, { said: `Version ${version} is the draft now` });
                  setFilters({ tab: undefined, from: undefined, to: undefined });
                }}
              />
            ),
          },
          { key: "users", label: "Users", content: <Instances workflowId={w.id} /> },
          { key: "runs", label: "Runs", content: <WorkflowRuns workflowId={w.id} /> },
          {
            key: "triggers",
            label: "Triggers",
            content: (
              <div className="space-y-4">
                <LiveTriggers workflow={w} />
                <EndpointCard workflow={w} changed={changed} />
                <WorkflowIntake workflowId={w.id} />
              </div>
            ),
          },
        ]}
      />
      {testing && (
        <TestDialog
          {...testing}
          given={given}
          workflowId={w.id}
          sample={sample}
          user={flow.user}
          setUser={flow.setUser}
          close={() => {
            setTesting(undefined);
            setFilters({ event: undefined, of: undefined, for: undefined });
          }}
          began={(made) => {
            remember(made.id, flow.doc);
            setFilters({ sample: made.id });
            toast.good("The test is under way", "What becomes of each step is shown at it.");
            void queries.invalidateQueries({ queryKey: ["runs"] });
          }}
        />
      )}
      {deploying && (
        <DeployDialog
          workflow={w}
          close={() => setDeploying(false)}
          done={(next) => {
            changed(next);
            toast.good(`Version ${next.version} is running`);
          }}
        />
      )}
      <BearerDialog token={token} close={() => setToken(undefined)} />
    </>
  );
}
