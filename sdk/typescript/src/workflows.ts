import type { Caller, RequestOptions } from "./caller.js";
import { WorkflowsApi } from "./gen/resources.js";

/** How a workflow's endpoint is asked for: as anybody, with a bearer of its own in the headers, or as this client. */
export const HTTPAuthType = { None: "none", StaticBearer: "static_bearer_token", OAuth: "oauth" } as const;
export type HTTPAuthType = (typeof HTTPAuthType)[keyof typeof HTTPAuthType];

export interface Invocation {
  /** The id of an endpoint, or its address. */
  urlOrEndpoint: string;
  /** Sent as JSON. */
  body?: unknown;
  /** The default is POST. */
  method?: string;
  headers?: Record<string, string>;
}

/** What a workflow's endpoint answered. */
export interface InvocationAnswer {
  status: number;
  statusText: string;
  headers: Record<string, string>;
  url: string;
  /** What JSON holds, else the text. */
  body: unknown;
}

/** Workflows: those of the project, their runs, and their endpoints. */
export class Workflows extends WorkflowsApi {
  constructor(call: Caller, private readonly domain: string | undefined) {
    super(call);
  }

  /** Calls a workflow's endpoint. Anything but 2xx is thrown. */
  async invoke(invocation: Invocation, auth: HTTPAuthType = HTTPAuthType.None, options: RequestOptions = {}): Promise<InvocationAnswer> {
    const { body, method = "POST", headers = {} } = invocation;
    const answer = await this.call.send({
      method, url: this.address(invocation.urlOrEndpoint), headers: { ...(body !== undefined && body !== null && { "Content-Type": "application/json" }), ...headers },
      body: body === undefined || body === null ? undefined : JSON.stringify(body), bearer: auth === HTTPAuthType.OAuth ? "own" : "none", repeatable: method === "GET" || method === "HEAD",
    }, options);
    const text = await answer.text();
    let said: unknown = text;
    if (/json/i.test(answer.headers.get("content-type") ?? "")) {
      try {
        said = JSON.parse(text);
      } catch { /* it stays text */ }
    }
    return { status: answer.status, statusText: answer.statusText, headers: Object.fromEntries(answer.headers), url: answer.url, body: said };
  }

  /** Calls a workflow's endpoint for a user: its steps use the user's accounts. */
  invokeForExternalUser({ externalUserId, ...invocation }: Invocation & { externalUserId: string }, options?: RequestOptions): Promise<InvocationAnswer> {
    if (!externalUserId) throw new TypeError("externalUserId is missing: your own id of the user.");
    return this.invoke({ ...invocation, headers: { ...invocation.headers, "x-pd-external-user-id": externalUserId } }, HTTPAuthType.OAuth, options);
  }

  /** Where an endpoint is. Other hosts than ours are refused: they would be handed the access token. */
  private address(given: string): string {
    const text = given.trim(), { baseUrl } = this.call.setup;
    if (/^e[a-z0-9-]+$/.test(text)) return this.domain ? `https://${text}.${this.domain}` : `${baseUrl}/e/${text}`;
    const url = new URL(/^https?:\/\//.test(text) ? text : `https://${text}`);
    const host = this.domain?.replace(/:\d+$/, "");
    if (url.origin === new URL(baseUrl).origin || (host !== undefined && url.hostname.endsWith("." + host))) return url.href;
    throw new TypeError(`${url.host} is neither ${new URL(baseUrl).host} nor below the workflow domain. Name that as workflowDomain, or set PATCHBAY_WORKFLOW_DOMAIN.`);
  }
}
