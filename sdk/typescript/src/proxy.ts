import { Binary, read, type Caller, type Content, type RequestOptions } from "./caller.js";
import { base64url, query } from "./wire.js";

type Scalar = string | number | boolean | null | undefined;

export interface ProxyCall {
  /** Your own id of the user. */
  externalUserId: string;
  accountId: string;
  /** A URL of one of the app's hosts, or a path below its API. */
  url: string;
  /** Added to the URL's query. */
  params?: Record<string, Scalar | Scalar[]>;
  /** For the app. */
  headers?: Record<string, string>;
}

export interface ProxyCallWithBody extends ProxyCall {
  /** Sent as JSON, unless it is text, a form, a Blob, bytes or a stream. */
  body?: unknown;
}

/**
 * Calls an app with the credential of an account. The answer is what JSON or text holds, a Binary of anything else or
 * where the headers accept no JSON, undefined if there is none. A status of 400 and above is thrown.
 */
export class Proxy {
  constructor(private readonly call: Caller) {}

  get<T = unknown>(call: ProxyCall, options?: RequestOptions): Promise<T> {
    return this.parsed("GET", call, options);
  }
  post<T = unknown>(call: ProxyCallWithBody, options?: RequestOptions): Promise<T> {
    return this.parsed("POST", call, options);
  }
  put<T = unknown>(call: ProxyCallWithBody, options?: RequestOptions): Promise<T> {
    return this.parsed("PUT", call, options);
  }
  patch<T = unknown>(call: ProxyCallWithBody, options?: RequestOptions): Promise<T> {
    return this.parsed("PATCH", call, options);
  }
  delete<T = unknown>(call: ProxyCallWithBody, options?: RequestOptions): Promise<T> {
    return this.parsed("DELETE", call, options);
  }

  /** The app's answer as it comes: its body is a stream. */
  async stream(method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE", call: ProxyCallWithBody, options?: RequestOptions): Promise<Response> {
    const { url, params = {}, headers = {}, body } = call;
    const [bare = "", fragment] = url.split("#", 2);
    const more = query(params).slice(1);
    const target = bare + (more && (bare.includes("?") ? "&" : "?") + more) + (fragment ? "#" + fragment : "");
    const sent: Record<string, string> = {};
    for (const [name, value] of Object.entries(headers)) sent[/^content-type$/i.test(name) ? "Content-Type" : "x-pd-proxy-" + name.toLowerCase()] = value;
    const raw = typeof body === "string" || (typeof body === "object" && body !== null && (body instanceof Blob || body instanceof FormData || body instanceof URLSearchParams || body instanceof ReadableStream || body instanceof ArrayBuffer || ArrayBuffer.isView(body)));
    if (body !== undefined && !raw && sent["Content-Type"] === undefined) sent["Content-Type"] = "application/json";
    const where = this.call.url("/v1/connect/{project_id}/proxy/{target}", { target: base64url(target) });
    return this.call.send({
      method, url: where + query({ external_user_id: call.externalUserId, account_id: call.accountId }), headers: sent, bearer: "own",
      body: body === undefined ? undefined : raw ? (body as Content) : JSON.stringify(body),
      repeatable: method !== "POST" && method !== "PATCH", redirects: true,
    }, options);
  }

  private async parsed<T>(method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE", call: ProxyCallWithBody, options?: RequestOptions): Promise<T> {
    const answer = await this.stream(method, call, options);
    const [, accept] = Object.entries(call.headers ?? {}).find(([name]) => name.toLowerCase() === "accept") ?? [];
    const kind = answer.headers.get("content-type") ?? "";
    if (accept !== undefined && !accept.includes("application/json") && accept !== "*/*") return new Binary(answer) as T;
    if (/json/i.test(kind)) return (await read(answer)) as T;
    if (kind === "" || /^text\/|xml/i.test(kind)) return ((await answer.text()) || undefined) as T;
    return new Binary(answer) as T;
  }
}
