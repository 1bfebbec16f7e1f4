import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { clientsQuery } from "@/api/calls";
import { api, data } from "@/api/client";
import { mcpServerQuery } from "@/api/components";
import type { MCPServer } from "@/api/types";
import { Ask } from "@/components/Ask";
import { Async, SkeletonCard } from "@/components/Async";
import { EffectBadge } from "@/components/ComponentBadges";
import { Confirm } from "@/components/Confirm";
import { Rows } from "@/components/ListTable";
import { MCPChanges } from "@/components/mcp/MCPChanges";
import { MCPServerForm, TokenField } from "@/components/mcp/MCPServerForm";
import { MCPServerState } from "@/components/mcp/MCPServerState";
import { PageHead } from "@/components/PageHead";
import { Time } from "@/components/Time";
import { Button } from "@/components/ui/button";
import { Card, Facts } from "@/components/ui/card";
import { Form, FormActions, useSubmit } from "@/components/ui/form";
import { useToast } from "@/components/ui/toast";
import { useParam, useScope } from "@/lib/hooks";
import { paths } from "@/paths";

/** A remote server: its tools as they were accepted, and what it says otherwise since. */
export function MCPServerPage() {
  const scope = useScope();
  const slug = useParam("slug");
  const server = useQuery(mcpServerQuery(slug));
  if (server.data) return <Shown server={server.data} />;
  return (
    <>
      <PageHead title="MCP server" up={{ label: "MCP servers", place: paths.mcpServers(scope) }} />
      <Async query={server} skeleton={<SkeletonCard />}>
        {() => null}
      </Async>
    </>
  );
}

function Shown({ server: s }: { server: MCPServer }) {
  const scope = useScope();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const clients = useQuery(clientsQuery);
  const path = { app_id: s.app };
  const changed = () => {
    for (const key of ["mcp_servers", "components", "apps", "app_files"]) void queries.invalidateQueries({ queryKey: [key] });
  };
  return (
    <>
      <PageHead
        title={s.app}
        badge={<MCPServerState server={s} />}
        text={s.name ? `It calls itself ${s.name}${s.version && `, version ${s.version}`}.` : "Its tools are actions of the app."}
        up={{ label: "MCP servers", place: paths.mcpServers(scope) }}
        actions={
          <>
            <Button asChild>
              <Link {...(paths.app(scope, s.app) as { to: string })}>Its app</Link>
            </Button>
            <Look server={s} looked={changed} />
            <Ask trigger={<Button>Change address</Button>} title={`Register ${s.app} anew`} description="What the server says of its tools now is accepted with it.">
              {(close) => (
                <MCPServerForm
                  server={s}
                  saved={() => {
                    changed();
                    close();
                  }}
                />
              )}
            </Ask>
            <Confirm
              trigger={<Button variant="dangerGhost">Remove</Button>}
              title={`Remove ${s.app}?`}
              text="Its actions go, in all projects of this workspace, and what uses them fails from then on. Its app and the accounts of users stay."
              action="Remove server"
              done="Server removed"
              act={() => data(api.DELETE("/mcp_servers/{app_id}", { params: { path } }))}
              after={() => {
                void navigate(paths.mcpServers(scope) as never).then(() => {
                  queries.removeQueries({ queryKey: mcpServerQuery(s.app).queryKey });
                  changed();
                });
              }}
            />
          </>
        }
      />
      <div className="space-y-4">
        {s.failure !== null && (
          <p role="note" className="rounded-md border border-bad/30 bg-bad-soft px-3 py-2">
            <span className="font-medium">The last look learned nothing.</span> {s.failure} What was accepted goes on being used.
          </p>
        )}
        {s.changes.length > 0 && (
          <MCPChanges
            server={s}
            actions={
              <>
                {!s.declined && <Decline server={s} after={changed} />}
                <Confirm
                  trigger={<Button variant="primary">Accept</Button>}
                  title={`Accept what has changed at ${s.app}?`}
                  text="An action whose tool is otherwise has a new version; one whose tool is gone goes. What is accepted is what you see here, and nothing that came since."
                  action="Accept changes"
                  done="The changes are accepted"
                  mild
                  act={() => data(api.POST("/mcp_servers/{app_id}/accept", { params: { path }, body: { digest: s.digest ?? "" } })).finally(changed)}
                />
              </>
            }
          />
        )}
        <Card title="Tools" text={s.tools.length === 1 ? "1 tool, as it was accepted." : `${s.tools.length} tools, as they were accepted.`} flush>
          <Rows
            label="Tools"
            rows={s.tools}
            rowKey={(t) => t.name}
            place={(t) => paths.component(scope, t.key)}
            columns={[
              {
                head: "Tool",
                cell: (t) => (
                  <span className="block min-w-0">
                    <span className="block [overflow-wrap:anywhere]">{t.title || t.name}</span>
                    <span className="block text-xs font-normal break-all text-muted">{t.key}</span>
                  </span>
                ),
              },
              { head: "Effect", cell: (t) => <EffectBadge component={{ component_type: "action", annotations: { title: t.title, readOnlyHint: t.read_only, destructiveHint: t.destructive, idempotentHint: t.idempotent, openWorldHint: t.open_world } }} /> },
              { head: "Description", from: "md", cell: (t) => <span className="line-clamp-2 [overflow-wrap:anywhere]">{t.description || <span className="text-muted">none</span>}</span> },
            ]}
          />
        </Card>
        {s.refused.length > 0 && (
          <Card title="Tools that are no actions" flush>
            <ul className="divide-y divide-line">
              {s.refused.map((r) => (
                <li key={r.name} className="px-4 py-2 [overflow-wrap:anywhere]">
                  <code>{r.name}</code>: {r.why}
                </li>
              ))}
            </ul>
          </Card>
        )}
        <Card title="About it">
          <Facts
            facts={[
              ["Address", <code key="url" className="break-all">{s.url}</code>],
              ["Users sign in", s.open ? "No: its tools are called without an account" : "Yes, with an account of its app"],
              ["Accepted", <span key="by">{clients.data?.data.find((c) => c.id === s.author)?.name ?? s.author}, <Time at={s.accepted_at} /></span>],
              ["Looked at", <Time key="looked" at={s.looked_at} />],
              ["Added", <Time key="added" at={s.created_at} />],
            ]}
          />
        </Card>
      </div>
    </>
  );
}

/** Leaves what was accepted as it is. The same is not waited for again. */
function Decline({ server: s, after }: { server: MCPServer; after: () => void }) {
  const toast = useToast();
  const [busy, setBusy] = useState(false);
  const decline = async () => {
    setBusy(true);
    try {
      await data(api.POST("/mcp_servers/{app_id}/decline", { params: { path: { app_id: s.app } }, body: { digest: s.digest ?? "" } }));
      toast.good("The changes are declined", "They wait for nobody until the server says something else again.");
    } catch (e) {
      toast.bad("The changes were not declined", e);
    } finally {
      setBusy(false);
      after();
    }
  };
  return (
    <Button acts busy={busy} onClick={() => void decline()}>
      Decline
    </Button>
  );
}

/** Asks the server now. Where it lets nobody in without a token, it is asked with one that is not kept. */
function Look({ server: s, looked }: { server: MCPServer; looked: () => void }) {
  return (
    <Ask trigger={<Button>Look again</Button>} title={`Look at ${s.app} again`} description="The server is asked what it says of its tools now. It is also looked at once in an hour when one of them is called.">
      {(close) => <LookForm server={s} close={close} looked={looked} />}
    </Ask>
  );
}

function LookForm({ server: s, looked, close }: { server: MCPServer; looked: () => void; close: () => void }) {
  const toast = useToast();
  const [token, setToken] = useState("");
  const { busy, error, form } = useSubmit(async () => {
    const now = await data(api.POST("/mcp_servers/{app_id}/look", { params: { path: { app_id: s.app } }, body: token.trim() ? { token: token.trim() } : {} }));
    looked();
    if (now.failure !== null) throw new Error(now.failure);
    toast.good(now.changes.length > 0 ? "There are changes" : "Nothing has changed", now.changes.length > 0 ? "They wait until somebody accepts them." : "Its tools are as they were accepted.");
    close();
  });
  return (
    <Form of={form} className="space-y-4">
      {!s.open && <TokenField value={token} onChange={setToken} />}
      <FormActions error={error} action="Look now" busy={busy} disabled={false} />
    </Form>
  );
}
