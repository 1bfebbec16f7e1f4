import { PatchbayError } from "./errors.js";
import type { Tokens } from "./token.js";
import type { CallOptions, ClientOptions } from "./types.js";
import { camel } from "./wire.js";

export interface Call extends CallOptions {
  method?: string;
  headers?: Record<string, string>;
  body?: BodyInit;
}

/** Seconds that are waited for at most before a call is tried again. */
const patience = 10;

/** Calls the API with a connect token. */
export class Http {
  constructor(
    private readonly base: string,
    private readonly tokens: Tokens,
    private readonly options: ClientOptions,
  ) {}

  /** The JSON of an answer, its names in camelCase; undefined if it is empty. */
  async json<T>(path: string, call?: Call): Promise<T> {
    return camel(await this.read(await this.send(path, call))) as T;
  }

  post<T>(path: string, body: object, options?: CallOptions): Promise<T> {
    return this.json(path, { ...options, method: "POST", body: JSON.stringify(body), headers: { "Content-Type": "application/json" } });
  }

  /**
   * The answer of a call that went well. A token that is refused is replaced once. Only GET is tried
   * again, after 429, 5xx or a network that broke: anything else might be done twice.
   */
  async send(path: string, call: Call = {}): Promise<Response> {
    for (let tries = 0, renewed = false; ; ) {
      const { token } = await this.tokens.get();
      try {
        return await this.once(path, call, token);
      } catch (error) {
        const { status, code, retryAfter } = error as PatchbayError;
        if (!renewed && status === 401 && code.startsWith("connect_token_")) {
          this.tokens.drop(token);
          renewed = true;
          continue;
        }
        const wait = retryAfter ?? 2 ** tries / 2;
        const passing = code === "network" || status === 429 || status > 501;
        if ((call.method ?? "GET") !== "GET" || tries++ > 1 || wait > patience || !passing || call.signal?.aborted) throw error;
        await new Promise((ok) => setTimeout(ok, wait * 1000));
      }
    }
  }

  private async once(path: string, call: Call, token: string): Promise<Response> {
    const { headers, projectEnvironment, timeout = 60_000, fetch: get = fetch } = this.options;
    const stop = new AbortController();
    const abort = () => stop.abort();
    let late = false;
    const timer = setTimeout(() => { late = true; abort(); }, call.timeout ?? timeout);
    call.signal?.addEventListener("abort", abort);
    if (call.signal?.aborted) abort();
    const url = this.base + path;
    let answer: Response;
    try {
      answer = await get(url, {
        method: call.method ?? "GET",
        body: call.body,
        credentials: "omit",
        signal: stop.signal,
        headers: { ...headers, ...(projectEnvironment && { "x-pd-environment": projectEnvironment }), ...call.headers, Authorization: "Bearer " + token },
      });
    } catch (cause) {
      if (call.signal?.aborted) throw cause; // as fetch does, an AbortError
      const { origin } = new URL(url);
      throw late
        ? new PatchbayError(`${origin} did not answer in time.`, { code: "timeout", cause })
        : new PatchbayError(`${origin} could not be reached. Is that where Patchbay is, and does it run?`, { code: "network", cause });
    } finally {
      clearTimeout(timer);
      call.signal?.removeEventListener("abort", abort);
    }
    if (!answer.ok) throw await failure(answer);
    // Followed by the browser as a GET without a body: nothing was done.
    if (answer.redirected && call.method && call.method !== "GET") throw this.odd(answer, "redirected", `${url} redirects. Name the address that it leads to as host or baseUrl.`);
    return answer;
  }

  /** The JSON of an answer as it came; undefined if it is empty. */
  async read(answer: Response): Promise<unknown> {
    const text = await answer.text();
    try {
      return text ? JSON.parse(text) : undefined;
    } catch {
      throw this.odd(answer, "not_json", `${answer.url} answered something that is not JSON.`);
    }
  }

  private odd(answer: Response, code: string, message: string): PatchbayError {
    return new PatchbayError(message, { status: answer.status, code, requestId: answer.headers.get("x-request-id") ?? undefined });
  }
}

/** The error of an answer of 400 and above; of an app's, through the proxy, there may be no code. */
async function failure(answer: Response): Promise<PatchbayError> {
  const text = await answer.text().catch(() => "");
  let body: unknown = text;
  try {
    body = JSON.parse(text);
  } catch { /* it stays text */ }
  const { error, code, details } = (body ?? {}) as { error?: unknown; code?: unknown; details?: { request_id?: string } };
  const after = Number(answer.headers.get("retry-after") ?? NaN);
  return new PatchbayError(typeof error === "string" ? error : `The answer was ${answer.status}.`, {
    status: answer.status,
    code: typeof code === "string" ? code : `http_${answer.status}`,
    requestId: details?.request_id ?? answer.headers.get("x-request-id") ?? undefined,
    body,
    retryAfter: after >= 0 ? after : undefined,
  });
}
