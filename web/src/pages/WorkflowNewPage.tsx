import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { createWorkflow } from "@/api/definition";
import type { Workflow } from "@/api/types";
import { Problem } from "@/components/Async";
import { BearerDialog } from "@/components/BearerDialog";
import { useFlow } from "@/components/flow/useFlow";
import { useText, Workbench } from "@/components/flow/Workbench";
import { PageHead } from "@/components/PageHead";
import { Button, buttonStyle } from "@/components/ui/button";
import { faultsOf } from "@/lib/flow/faults";
import type { Doc } from "@/lib/flow/tree";
import { useFilters, useScope } from "@/lib/hooks";
import { paths } from "@/paths";

const none: never[] = [];
const blank: Doc = { name: "New workflow", triggers: [{ name: "http", type: "http", auth: "oauth" }], steps: [] };

/** A workflow that is not there yet, in the same editor as those that are. */
export function WorkflowNewPage() {
  const scope = useScope();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const [{ tab = "build" }, setFilters] = useFilters();
  const [error, setError] = useState<Error>();
  const [made, setMade] = useState<Workflow>();
  const faults = useMemo(() => faultsOf(error), [error]);
  const flow = useFlow({ saved: blank, faults, environment: scope.environment, env: none });
  const text = useText(flow);
  const open = (w: Workflow) => void navigate(paths.workflow(scope, w.id) as never);
  const create = useMutation({
    mutationFn: () => createWorkflow(scope.projectId, text.text()),
    onSuccess: (w) => {
      void queries.invalidateQueries({ queryKey: ["workflows"] });
      if (w.endpoint.bearer_token) setMade(w);
      else open(w);
    },
    onError: setError,
  });
  return (
    <>
      <PageHead
        title={flow.doc.name || "New workflow"}
        up={{ label: "Workflows", place: paths.workflows(scope) }}
        actions={
          <>
            <Link {...(paths.workflows(scope) as { to: string })} className={buttonStyle({ variant: "ghost" })}>
              Cancel
            </Link>
            <Button variant="primary" busy={create.isPending} disabled={flow.doc.steps.length === 0 && !text.broken} onClick={() => create.mutate()}>
              Create workflow
            </Button>
          </>
        }
      />
      {error && <Problem error={error} slim />}
      <Workbench flow={flow} text={text} tab={tab} setTab={(key) => setFilters({ tab: key === "build" ? undefined : key })} />
      <BearerDialog token={made?.endpoint.bearer_token} close={() => made && open(made)} />
    </>
  );
}
