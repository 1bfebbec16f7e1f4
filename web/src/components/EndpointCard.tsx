import { api, data } from "@/api/client";
import type { Workflow } from "@/api/types";
import { useScope } from "@/lib/hooks";
import { callWorkflow } from "@/lib/snippets";
import { Confirm } from "./Confirm";
import { Code, Id } from "./Copy";
import { Fold } from "./Json";
import { Button } from "./ui/button";
import { Card, Facts } from "./ui/card";

const auths = {
  none: "None: whoever knows the address may call it",
  bearer: "A bearer token of its own",
  oauth: "An access token of an API client",
  hmac: "A signature, as is said below under how requests are taken",
};

/** Where and how a workflow is called. */
export function EndpointCard({ workflow: w, changed }: { workflow: Workflow; changed: (w: Workflow) => void }) {
  const scope = useScope();
  const t = w.endpoint;
  return (
    <Card title="Endpoint">
      <Facts
        facts={[
          ["URL", <Id key="u" id={t.url} what="URL" />],
          ["On its own host", <Id key="h" id={t.host_url} what="URL on its own host" />],
          [
            "Authentication",
            <span key="a" className="flex flex-wrap items-center gap-2">
              {auths[t.auth]}
              {t.auth === "bearer" && (
                <Confirm
                  trigger={<Button size="sm">New token</Button>}
                  title="Replace the bearer token?"
                  text="The old token stops working at once. The new one is shown once."
                  action="Replace token"
                  done="Token replaced"
                  act={() =>
                    data(
                      api.POST("/projects/{project_id}/workflows/{workflow_id}/regenerate_bearer_token", {
                        params: { path: { project_id: scope.projectId, workflow_id: w.id } },
                      }),
                    ).then(changed)
                  }
                />
              )}
            </span>,
          ],
        ]}
      />
      <div className="mt-3">
        <Fold title="Call it with curl">
          <Code code={callWorkflow(t.url, t.auth, scope)} what="the curl call" />
        </Fold>
      </div>
    </Card>
  );
}
