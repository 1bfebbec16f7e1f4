import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { api, data } from "@/api/client";
import type { Project } from "@/api/types";
import { Confirm } from "@/components/Confirm";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { routes } from "@/paths";

/** Has the project go, with all that is in it. */
export function DeleteProjectCard({ project: p }: { project: Project }) {
  const navigate = useNavigate();
  const queries = useQueryClient();
  const gone = async () => {
    await navigate({ to: routes.removal, params: { projectId: p.id } } as never);
    queries.removeQueries({ queryKey: ["projects"] }); // who goes home must not be led back to it
  };
  return (
    <Card title="Delete the project" text="Both environments go for good: users with their connected accounts, workflows with their runs, triggers, endpoints and settings.">
      <Confirm
        trigger={<Button variant="dangerGhost">Delete this project…</Button>}
        title={`Delete ${p.name}?`}
        text="At once nobody reaches it, no workflow of it runs, and tokens of its users are good no more. Then its webhooks at apps are taken down and what users granted is revoked, for a day at most, and the rest goes. It cannot be brought back."
        action="Delete project"
        typed={p.name}
        typedAs="name"
        done="The project is being deleted"
        act={() => data(api.DELETE("/connect/projects/{project_id}", { params: { path: { project_id: p.id } } }))}
        after={() => void gone()}
      />
    </Card>
  );
}
