// A remote MCP server whose tools can be changed while it runs: as much of the protocol as a server of tools alone speaks.
import { listen } from "./stack.mjs";

export async function toolServer(tools) {
  const said = { tools };
  const answers = {
    initialize: (p) => ({ protocolVersion: p.protocolVersion, capabilities: { tools: {} }, serverInfo: { name: "Notes", version: "2.1" } }),
    "tools/list": () => ({ tools: said.tools }),
    "tools/call": (p) => ({ content: [{ type: "text", text: `${p.name} was called` }] }),
  };
  const { url, server } = await listen(async (req, res) => {
    let body = "";
    for await (const part of req) body += part;
    if (req.method !== "POST") return void res.writeHead(405).end();
    const { id, method, params } = JSON.parse(body);
    if (id === undefined) return void res.writeHead(202).end();
    const result = answers[method]?.(params ?? {});
    const answer = result ? { result } : { error: { code: -32601, message: `There is no ${method}.` } };
    res.writeHead(200, { "Content-Type": "application/json" }).end(JSON.stringify({ jsonrpc: "2.0", id, ...answer }));
  });
  return { url: `${url}/mcp`, said, server };
}
