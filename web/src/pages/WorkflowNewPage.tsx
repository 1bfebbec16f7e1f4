import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { ApiError } from "@/api/client";
import { createWorkflow } from "@/api/definition";
import type { Workflow } from "@/api/types";
import { variablesQuery } from "@/api/workflows";
import { Problem } from "@/components/Async";
import { BearerDialog } from "@/components/BearerDialog";
import { FaultList } from "@/components/flow/FaultList";
import { TemplateDialog } from "@/components/flow/TemplateDialog";
import { useCheck } from "@/components/flow/useCheck";
import { useFlow } from "@/components/flow/useFlow";
import { useText, Workbench } from "@/components/flow/Workbench";
import { PageHead } from "@/components/PageHead";
import { Button, buttonStyle } from "@/components/ui/button";
import type { Doc } from "@/lib/flow/tree";
import { fromYAML } from "@/lib/yaml";
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
  const [told, setTold] = useState(false);
  const variables = useQuery(variablesQuery(scope));
  const plain = useFlow({ saved: blank, environment: scope.environment, env: variables.data?.data ?? none });
  const text = useText(plain);
  const faults = useCheck(scope.projectId, plain.doc.steps.length > 0 || text.broken ? text.text() : "");
  const flow = { ...plain, faults };
  const begin = async (source: string) => {
    const doc = (await fromYAML(source)) as Doc;
    flow.edit(doc, { word: "template", said: "Template taken" });
    text.setWritten({ text: source, doc, broken: false });
  };
  const open = (w: Workflow) => void navigate(paths.workflow(scope, w.id) as never);
  const create = useMutation({
    mutationFn: () => createWorkflow(scope.projectId, text.text()),
    onSuccess: (w) => {
      void queries.invalidateQueries({ queryKey: ["workflows"] });
      if (w.endpoint.bearer_token) setMade(w);
      else open(w);
    },
    onError: (e) => {
      setTold(true);
      setError(e instanceof ApiError && e.code === "definition" ? undefined : e);
    },
  });
  return (
    <>
      <PageHead
        title={flow.doc.name || "New workflow"}
        up={{ label: "Workflows", place: paths.workflows(scope) }}
        actions={
          <>
            <TemplateDialog take={(source) => void begin(source)} />
            <Link {...(paths.workflows(scope) as { to: string })} className={buttonStyle({ variant: "ghost" })}>
              Cancel
            </Link>
            <Button acts variant="primary" busy={create.isPending} disabled={flow.doc.steps.length === 0 && !text.broken} onClick={() => create.mutate()}>
              Create workflow
            </Button>
          </>
        }
      />
      {error && <Problem error={error} slim />}
      {told && <FaultList flow={flow} open={() => setFilters({ tab: undefined })} />}
      <Workbench flow={flow} text={text} tab={tab} setTab={(key) => setFilters({ tab: key === "build" ? undefined : key })} />
      <BearerDialog token={made?.endpoint.bearer_token} close={() => made && open(made)} />
    </>
  );
}
