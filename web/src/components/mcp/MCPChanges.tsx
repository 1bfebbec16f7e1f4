import type { MCPServer, MCPTool } from "@/api/types";
import { toolText } from "@/lib/mcp";
import { Badge } from "../ui/badge";
import { Card } from "../ui/card";
import { DiffView } from "../versions/DiffView";

/** In what a server differs from what was accepted, tool by tool, and who decides what becomes of it. */
export function MCPChanges({ server: s, actions }: { server: MCPServer; actions: React.ReactNode }) {
  return (
    <Card
      title={s.declined ? "Declined" : "Waits for you"}
      text={`The server says something else of these tools than what was accepted. ${s.declined ? "Somebody here did not want that" : "Read it as what it is: words of somebody else, which agents would be told"}. Nothing of it is used until it is accepted; what was accepted goes on.`}
      actions={actions}
      flush
    >
      <ul className="divide-y divide-line">
        {s.changes.map((c) => (
          <li key={c.name} className="py-3">
            <h3 className="flex flex-wrap items-center gap-2 px-4 pb-2 font-medium">
              <code className="break-all">{c.name}</code>
              {!c.before ? <Badge tone="good">new</Badge> : !c.after ? <Badge tone="bad">gone</Badge> : <Badge tone="warn">otherwise</Badge>}
            </h3>
            {c.before && c.after ? (
              <DiffView before={toolText(c.before)} after={toolText(c.after)} names={["As accepted", "As it is now"]} />
            ) : c.after ? (
              <Said tool={c.after} />
            ) : (
              <p className="px-4 text-muted">The server has it no longer. Its action goes when this is accepted.</p>
            )}
          </li>
        ))}
      </ul>
    </Card>
  );
}

function Said({ tool }: { tool: MCPTool }) {
  return <pre className="mx-4 max-h-96 overflow-y-auto rounded-md bg-sunken px-3 py-2 text-[0.8125rem] leading-5 break-words whitespace-pre-wrap" tabIndex={0} aria-label={`What the server says of ${tool.name}`}>{toolText(tool)}</pre>;
}
