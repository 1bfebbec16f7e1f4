import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Cable } from "lucide-react";
import { mcpServersQuery } from "@/api/components";
import type { MCPServer } from "@/api/types";
import { Ask } from "@/components/Ask";
import { Async } from "@/components/Async";
import { Empty } from "@/components/Empty";
import { Rows, type Column } from "@/components/ListTable";
import { MCPServerForm } from "@/components/mcp/MCPServerForm";
import { MCPServerState } from "@/components/mcp/MCPServerState";
import { PageHead } from "@/components/PageHead";
import { Time } from "@/components/Time";
import { Button } from "@/components/ui/button";
import { useScope } from "@/lib/hooks";
import { paths } from "@/paths";

const columns: Column<MCPServer>[] = [
  {
    head: "Server",
    cell: (s) => (
      <span className="block min-w-0">
        <span className="block break-all">{s.app}</span>
        <span className="block text-xs font-normal break-all text-muted">{s.url}</span>
      </span>
    ),
  },
  { head: "State", cell: (s) => <MCPServerState server={s} /> },
  { head: "Tools", from: "sm", className: "tabular-nums", cell: (s) => s.tools.length },
  { head: "Users sign in", from: "md", cell: (s) => (s.open ? <span className="text-muted">no</span> : "yes") },
  { head: "Looked at", from: "lg", cell: (s) => <Time row at={s.looked_at} /> },
];

/** The remote servers whose tools are actions of the workspace. */
export function MCPServersPage() {
  const scope = useScope();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const servers = useQuery(mcpServersQuery);
  const add = (
    <Ask trigger={<Button variant="primary">Add a server</Button>} title="Add an MCP server" description="It is asked for its tools now, and what it says of them is what holds.">
      {(close) => (
        <MCPServerForm
          saved={(s) => {
            close();
            for (const key of ["mcp_servers", "components", "apps", "app_files"]) void queries.invalidateQueries({ queryKey: [key] });
            void navigate(paths.mcpServer(scope, s.app) as never);
          }}
        />
      )}
    </Ask>
  );
  return (
    <>
      <PageHead title="MCP servers" text="Servers of others whose tools are actions: users, workflows and agents run them like any other, in all projects of this workspace." actions={add} />
      <section className="rounded-lg border border-line bg-surface shadow-card">
        <Async query={servers}>
          {(all) =>
            all.length === 0 ? (
              <Empty icon={Cable} title="No server yet" action={add}>
                Name a server that speaks MCP over HTTP, and each of its tools becomes an action. What it says of a tool is pinned: if it says something else later, you see what, and nothing of it is used until somebody has accepted it.
              </Empty>
            ) : (
              <Rows label="MCP servers" rows={all} columns={columns} rowKey={(s) => s.app} place={(s) => paths.mcpServer(scope, s.app)} />
            )
          }
        </Async>
      </section>
    </>
  );
}
