import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { createFrontendClient, type ClientOptions } from "../src/index.js";

export interface Seen {
  method: string;
  url: string;
  headers: IncomingMessage["headers"];
  body: string;
}
type Answer = (seen: Seen, res: ServerResponse) => void;

/** A server that answers as it is told to, and remembers what it was asked. */
export async function fakeServer() {
  const seen: Seen[] = [];
  const answers: Answer[] = [];
  const server = createServer(async (req, res) => {
    let body = "";
    for await (const chunk of req) body += chunk;
    const one = { method: req.method ?? "", url: req.url ?? "", headers: req.headers, body };
    seen.push(one);
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    answer?.(one, res);
  });
  await new Promise<void>((ok) => server.listen(0, "127.0.0.1", ok));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  let tokens = 0;
  return {
    url,
    seen,
    /** The answers to come, in this order; the last one stays. */
    will(...next: Answer[]) {
      seen.length = answers.length = 0;
      answers.push(...next);
    },
    client: (options: Partial<ClientOptions> = {}) =>
      createFrontendClient({ externalUserId: "ada", host: url, tokenCallback: async () => ({ token: `ctok_${++tokens}`, expiresAt: new Date(Date.now() + 3_600_000) }), ...options }),
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

export const json =
  (value: unknown, status = 200, headers: Record<string, string> = {}): Answer =>
  (_, res) =>
    res.writeHead(status, { "Content-Type": "application/json", "X-Request-Id": "req_header", ...headers }).end(JSON.stringify(value));

export const raw =
  (body: string | Uint8Array, type: string | undefined, status = 200, headers: Record<string, string> = {}): Answer =>
  (_, res) =>
    res.writeHead(status, { ...(type && { "Content-Type": type }), ...headers }).end(body);

export const fault = (status: number, code: string, headers?: Record<string, string>) => json({ error: `It is ${code}.`, code, details: { request_id: "req_1" } }, status, headers);
