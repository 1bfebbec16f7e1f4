import { useQueryClient } from "@tanstack/react-query";
import { api, data } from "@/api/client";
import { within, type Schemas } from "@/api/types";
import { Ask } from "@/components/Ask";
import { Confirm } from "@/components/Confirm";
import { CopyButton } from "@/components/Copy";
import { Rows } from "@/components/ListTable";
import { Async } from "@/components/Async";
import { ToolProfileForm } from "@/components/ToolProfileForm";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { usePages, useScope } from "@/lib/hooks";

/** What agents are given over MCP: choices of tools, each at an address of its own. */
export function ToolProfilesCard() {
  const scope = useScope();
  const queries = useQueryClient();
  const profiles = usePages<Schemas["ToolProfile"]>(["tool_profiles", scope], (after, limit) =>
    data(api.GET("/connect/{project_id}/mcp/profiles", { params: { ...within(scope), query: { after, limit: limit ?? 100 } } })),
  );
  const refresh = () => void queries.invalidateQueries({ queryKey: ["tool_profiles"] });
  return (
    <Card
      title={`Tool profiles (${scope.environment})`}
      text="A choice of tools for agents, at an MCP address of its own. Who comes by it can find and run nothing else."
      actions={
        <Ask trigger={<Button size="sm">New profile</Button>} title="New tool profile" description="Agents that are given its address have these tools and no others.">
          {(close) => (
            <ToolProfileForm
              saved={() => {
                refresh();
                close();
              }}
            />
          )}
        </Ask>
      }
    >
      <Async query={profiles}>
        {(d) => {
          const rows = d.pages.flatMap((p) => p.data);
          if (rows.length === 0) return <p className="text-muted">There is none yet: each address leads to all tools.</p>;
          return (
            <Rows
              label="Tool profiles"
              rows={rows}
              rowKey={(p) => p.id}
              columns={[
                {
                  head: "Profile",
                  cell: (p) => (
                    <span className="block min-w-0">
                      <code className="block break-all">{p.name}</code>
                      <span className="block text-xs font-normal text-muted">{p.tools.length === 1 ? "1 tool" : `${p.tools.length} tools`}</span>
                    </span>
                  ),
                },
                {
                  head: "Action",
                  className: "text-right whitespace-nowrap",
                  cell: (p) => (
                    <span className="inline-flex flex-wrap items-center justify-end gap-1.5 max-sm:w-20">
                      <CopyButton text={p.url} what={`the address of ${p.name}`} />
                      <Ask
                        trigger={
                          <Button size="sm" aria-label={`Edit ${p.name}`}>
                            Edit
                          </Button>
                        }
                        title={`The tool profile ${p.name}`}
                        description="What is saved holds from an agent’s next request on."
                      >
                        {(close) => (
                          <ToolProfileForm
                            profile={p}
                            saved={() => {
                              refresh();
                              close();
                            }}
                          />
                        )}
                      </Ask>
                      <Confirm
                        trigger={
                          <Button size="sm" variant="dangerGhost" aria-label={`Delete ${p.name}`}>
                            Delete
                          </Button>
                        }
                        title={`Delete ${p.name}?`}
                        text="Its address is gone, and what users allowed programs there is taken back at once."
                        action="Delete profile"
                        done="Profile deleted"
                        act={() => data(api.DELETE("/connect/{project_id}/mcp/profiles/{profile_name}", { params: { ...within(scope), path: { project_id: scope.projectId, profile_name: p.name } } }))}
                        after={refresh}
                      />
                    </span>
                  ),
                },
              ]}
            />
          );
        }}
      </Async>
    </Card>
  );
}
