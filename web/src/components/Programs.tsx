import { useQueryClient } from "@tanstack/react-query";
import { listMCPAuthorizations } from "@/api/calls";
import { api, data } from "@/api/client";
import { within } from "@/api/types";
import { Confirm } from "@/components/Confirm";
import { ListTable } from "@/components/ListTable";
import { Time } from "@/components/Time";
import { Button } from "@/components/ui/button";
import { usePages, useScope } from "@/lib/hooks";

/** The programs that a user allowed to act for them over MCP. */
export function Programs({ user }: { user: string }) {
  const scope = useScope();
  const queries = useQueryClient();
  const key = ["mcp_authorizations", scope, { user }];
  const programs = usePages(key, (after, limit) => listMCPAuthorizations(scope, { external_user_id: user, after, limit: limit ?? 10 }));
  return (
    <ListTable
      label="Programs"
      query={programs}
      rowKey={(a) => a.id}
      columns={[
        {
          head: "Program",
          cell: (a) => (
            <span className="block min-w-0">
              <span className="block max-w-48 truncate">{a.client.name}</span>
              <span className="block max-w-48 truncate text-xs font-normal text-muted">
                {a.client.host ?? "registered itself"}
                {a.tool_profile && <>, tools of {a.tool_profile}</>}
              </span>
            </span>
          ),
        },
        { head: "Allowed", cell: (a) => <Time at={a.updated_at} /> },
        { head: "Last used", cell: (a) => (a.last_used_at ? <Time at={a.last_used_at} /> : "never") },
        {
          head: "",
          cell: (a) => (
            <Confirm
              trigger={
                <Button variant="dangerGhost" aria-label={`Take back ${a.client.name}`}>
                  Take back
                </Button>
              }
              title={`Take back what ${a.client.name} may do?`}
              text="Its tokens are good no more at once. The user is asked again before it comes back."
              action="Take back"
              done="Taken back"
              act={() => data(api.DELETE("/connect/{project_id}/mcp/authorizations/{authorization_id}", { params: { ...within(scope), path: { project_id: scope.projectId, authorization_id: a.id } } }))}
              after={() => void queries.invalidateQueries({ queryKey: ["mcp_authorizations"] })}
            />
          ),
        },
      ]}
      empty={<p className="px-4 py-6 text-muted">This user has allowed no program to act for them over MCP.</p>}
    />
  );
}
