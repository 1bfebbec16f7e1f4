import type { MCPServer } from "@/api/types";
import { Badge } from "../ui/badge";

/** How a server stands: whether it differs from what was accepted, and whether it answered when it was last looked at. */
export function MCPServerState({ server: s }: { server: MCPServer }) {
  if (s.declined) return <Badge>Changes declined</Badge>;
  if (s.changes.length > 0) return <Badge tone="warn">{s.changes.length === 1 ? "1 change waits" : `${s.changes.length} changes wait`}</Badge>;
  return s.failure === null ? <Badge tone="good">As accepted</Badge> : <Badge tone="bad">Did not answer</Badge>;
}
