import { useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { createWorkflow } from "@/api/definition";
import type { Workflow } from "@/api/types";
import { Problem } from "@/components/Async";
import { BearerDialog } from "@/components/BearerDialog";
import { DefinitionEditor } from "@/components/DefinitionEditor";
import { PageHead } from "@/components/PageHead";
import { Button, buttonStyle } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { useScope } from "@/lib/hooks";
import { starterWorkflow } from "@/lib/snippets";
import { paths } from "@/paths";

export function WorkflowNewPage() {
  const scope = useScope();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const [text, setText] = useState(starterWorkflow);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<Error>();
  const [made, setMade] = useState<Workflow>();
  const open = (w: Workflow) => void navigate(paths.workflow(scope, w.id) as never);

  const create = async () => {
    setBusy(true);
    setError(undefined);
    try {
      const w = await createWorkflow(scope.projectId, text);
      void queries.invalidateQueries({ queryKey: ["workflows"] });
      if (w.endpoint.bearer_token) setMade(w);
      else open(w);
    } catch (e) {
      setError(e as Error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      <PageHead title="New workflow" up={{ label: "Workflows", place: paths.workflows(scope) }} />
      <div className="grid gap-4 lg:grid-cols-[1fr_18rem]">
        <form
          className="min-w-0 space-y-3"
          onSubmit={(e) => {
            e.preventDefault();
            if (!busy) void create();
          }}
        >
          {error && <Problem error={error} slim />}
          <DefinitionEditor value={text} onChange={setText} invalid={!!error} />
          <div className="flex gap-2">
            <Button type="submit" variant="primary" busy={busy} disabled={!text.trim()}>
              Create workflow
            </Button>
            <Link {...(paths.workflows(scope) as { to: string })} className={buttonStyle({ variant: "ghost" })}>
              Cancel
            </Link>
          </div>
        </form>
        <Card title="How to write one" className="self-start">
          <dl className="space-y-3 text-[0.8125rem] [&_dd]:text-muted [&_dt]:font-medium">
            <div>
              <dt>trigger</dt>
              <dd>
                How it is called. <code>auth</code> is <code>none</code>, <code>bearer</code> or <code>oauth</code>.
              </dd>
            </div>
            <div>
              <dt>http_request</dt>
              <dd>
                A call. With an <code>account</code> it is signed with that credential, and the <code>url</code> may be a path below the app’s API.
              </dd>
            </div>
            <div>
              <dt>filter</dt>
              <dd>
                Goes on only if <code>if</code> is true; otherwise the run ends well, with the <code>reason</code>.
              </dd>
            </div>
            <div>
              <dt>respond</dt>
              <dd>What the caller is answered.</dd>
            </div>
            <div>
              <dt>{"{{ }}"}</dt>
              <dd>
                An expression, such as <code className="break-all">trigger.body.email</code>, <code className="break-all">steps.create_contact.body.id</code> or{" "}
                <code className="break-all">user.external_id</code>.
              </dd>
            </div>
          </dl>
        </Card>
      </div>
      <BearerDialog token={made?.endpoint.bearer_token} close={() => made && open(made)} />
    </>
  );
}
