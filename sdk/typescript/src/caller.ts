import { failure, NetworkError, PatchbayError, RequestTimeoutError } from "./failures.js";
import { Page, pagePromise, type PageInfo, type PagePromise } from "./page.js";
import { camel, query, snake } from "./wire.js";

export interface RequestOptions {
  signal?: AbortSignal;
  /** Seconds until the answer has to begin. A body may take as long as it takes. */
  timeoutInSeconds?: number;
  /** How often a call is tried again at most. */
  maxRetries?: number;
  /** Sent beside those of the client. */
  headers?: Record<string, string>;
  /** Instead of the client's. */
  environment?: "development" | "production";
  /** By which a call that is made again is known, for `actions.run` and `workflows.run`; one is made up otherwise. */
  idempotencyKey?: string;
}

/** What a file may be given as. */
export type Content = NonNullable<RequestInit["body"]>;

/** A call as the API has it. */
export interface Route {
  method: string;
  path: string;
  at?: Record<string, string>;
  /** The names that stand in the query though there is a body. */
  query?: string[];
  /** Of the body, whoever asks. */
  fixed?: Record<string, string>;
  /** Asked for without a token. */
  open?: boolean;
  /** A POST that may be done twice. */
  repeatable?: boolean;
  /** The API knows a call that is made again by its key. */
  idempotent?: boolean;
  /** The bearer, instead of the client's own. */
  connectToken?: string;
  content?: Content;
}

/** What is sent, whoever answers it. */
export interface Sent {
  method: string;
  url: string;
  headers: Record<string, string>;
  body?: Content | undefined;
  /** The bearer: the client's own, another, or none. */
  bearer: "own" | "none" | { token: string };
  /** May be done twice. */
  repeatable: boolean;
  /** Answers that lead elsewhere are handed on: what is sent to an app is not sent to anybody else. */
  redirects?: boolean;
}

/** What a Caller is made of. */
export interface Setup {
  baseUrl: string;
  projectId: string | undefined;
  environment: "development" | "production";
  headers: Record<string, string>;
  timeoutInSeconds: number;
  maxRetries: number;
  fetch: typeof fetch;
  tokens: { get(): Promise<string>; drop(token: string): void };
  /** Waits; tests do not. */
  sleep: (milliseconds: number, signal?: AbortSignal) => Promise<void>;
}

export const userAgent = "patchbay-typescript/0.2.0";

/** Seconds that are waited for at most before a call is tried again. */
const patience = 60;

/** What is not JSON, as it comes. */
export class Binary {
  constructor(private readonly answer: Response) {}
  get headers(): Headers {
    return this.answer.headers;
  }
  get bodyUsed(): boolean {
    return this.answer.bodyUsed;
  }
  stream(): ReadableStream<Uint8Array> | null {
    return this.answer.body;
  }
  arrayBuffer(): Promise<ArrayBuffer> {
    return this.answer.arrayBuffer();
  }
  blob(): Promise<Blob> {
    return this.answer.blob();
  }
  async bytes(): Promise<Uint8Array> {
    return new Uint8Array(await this.answer.arrayBuffer());
  }
}

/** Calls the API. */
export class Caller {
  constructor(readonly setup: Setup) {}

  page<T>(route: Route, request: object, options?: RequestOptions): PagePromise<T> {
    const load = async (input: object): Promise<Page<T>> => {
      const { data, pageInfo } = await this.json<{ data?: T[] | null; pageInfo?: PageInfo }>(route, input, options);
      return new Page(data ?? [], pageInfo ?? {}, (after) => load({ ...request, before: undefined, after }));
    };
    return pagePromise(load(request));
  }

  async json<T>(route: Route, request: object, options?: RequestOptions): Promise<T> {
    return camel(await read(await this.send(this.sent(route, request, options), options))) as T;
  }

  async nothing(route: Route, request: object, options?: RequestOptions): Promise<void> {
    const answer = await this.send(this.sent(route, request, options), options);
    await answer.body?.cancel();
  }

  async binary(route: Route, request: object, options?: RequestOptions): Promise<Binary> {
    return new Binary(await this.send(this.sent(route, request, options), options));
  }

  /** The path of a route in this project. */
  url(path: string, at: Record<string, string> = {}): string {
    return this.setup.baseUrl + path.replace(/\{(\w+)\}/g, (_, name: string) => {
      const value = at[name] ?? (name === "project_id" ? this.setup.projectId : undefined);
      if (value === undefined) throw new TypeError("projectId is missing: give it to the client, or set PATCHBAY_PROJECT_ID.");
      if (value === "") throw new TypeError(`${name} is empty.`);
      return encodeURIComponent(value);
    });
  }

  private sent(route: Route, request: object, options: RequestOptions = {}): Sent {
    const input = snake(request) as Record<string, unknown>;
    const hasBody = route.query !== undefined || (route.method !== "GET" && route.method !== "DELETE");
    const inQuery = route.content !== undefined || !hasBody ? Object.keys(input) : (route.query ?? []);
    const taken = Object.fromEntries(inQuery.map((k) => [k, input[k]]));
    const rest = Object.fromEntries(Object.entries({ ...input, ...route.fixed }).filter(([k]) => !inQuery.includes(k)));
    const headers: Record<string, string> = {};
    let body = route.content;
    if (body !== undefined) headers["Content-Type"] = "application/octet-stream";
    else if (hasBody && Object.keys(rest).length) [body, headers["Content-Type"]] = [JSON.stringify(rest), "application/json"];
    if (route.idempotent) headers["Idempotency-Key"] = options.idempotencyKey ?? crypto.randomUUID();
    return {
      method: route.method, url: this.url(route.path, route.at) + query(taken), headers, body, bearer: route.open ? "none" : route.connectToken === undefined ? "own" : { token: route.connectToken },
      repeatable: Boolean(route.repeatable || route.idempotent || /^(GET|PUT|DELETE)$/.test(route.method)),
    };
  }

  /**
   * The answer of a call that went well. A token of the client's own that is refused is replaced once. After 408, 429, 5xx
   * and where the network broke a call is made again, a second later and then two; what might be done twice only
   * after 408, 429 and 503, which say that nothing was done.
   */
  async send(sent: Sent, options: RequestOptions = {}): Promise<Response> {
    const most = options.maxRetries ?? this.setup.maxRetries;
    const once = typeof sent.body === "object" && sent.body instanceof ReadableStream; // it can be read once
    for (let tries = 0, renewed = once; ; tries++) {
      const token = sent.bearer === "own" ? await until(this.setup.tokens.get(), options.signal) : sent.bearer === "none" ? undefined : sent.bearer.token;
      try {
        return await this.once(sent, token, options);
      } catch (error) {
        if (!(error instanceof PatchbayError)) throw error;
        if (!renewed && error.status === 401 && sent.bearer === "own" && token !== undefined) {
          this.setup.tokens.drop(token);
          renewed = true;
          tries--;
          continue;
        }
        const { status, code } = error;
        const passing = sent.repeatable ? code === "network" || code === "timeout" || status === 408 || status === 429 || status >= 500 : status === 408 || status === 429 || status === 503;
        const wait = error.retryAfter ?? 2 ** tries * (0.8 + Math.random() * 0.4);
        if (once || !passing || tries >= most || wait > patience) throw error;
        await this.setup.sleep(wait * 1000, options.signal);
      }
    }
  }

  private async once(sent: Sent, token: string | undefined, options: RequestOptions): Promise<Response> {
    const { setup } = this;
    const stop = new AbortController();
    let late = false;
    const seconds = options.timeoutInSeconds ?? setup.timeoutInSeconds;
    const timer = setTimeout(() => {
      late = true;
      stop.abort();
    }, seconds * 1000);
    const signal = options.signal ? AbortSignal.any([stop.signal, options.signal]) : stop.signal;
    const { origin } = new URL(sent.url);
    let answer: Response;
    try {
      answer = await setup.fetch(sent.url, {
        method: sent.method, body: sent.body ?? null, signal, redirect: sent.method === "GET" && !sent.redirects ? "follow" : "manual",
        headers: {
          "User-Agent": userAgent, "x-pd-environment": options.environment ?? setup.environment, ...setup.headers, ...options.headers, ...sent.headers,
          ...(token !== undefined && { Authorization: `Bearer ${token}` }),
        },
        ...(typeof sent.body === "object" && sent.body instanceof ReadableStream && { duplex: "half" }),
      });
    } catch (cause) {
      if (options.signal?.aborted) throw cause; // as fetch does, an AbortError or what the signal was given
      if (late) throw new RequestTimeoutError(`${origin} did not answer within ${seconds} seconds.`, { code: "timeout", cause });
      throw new NetworkError(`${origin} could not be reached. Is that where Patchbay is, and does it run?`, { code: "network", cause });
    } finally {
      clearTimeout(timer);
    }
    if (answer.status >= 300 && answer.status < 400 && answer.status !== 304 && !sent.redirects) {
      throw new PatchbayError(`${origin} redirects. Name the address that it leads to as baseUrl.`, { status: answer.status, code: "redirected" });
    }
    if (!answer.ok && !(answer.status < 400)) throw await failure(answer);
    return answer;
  }
}

/** What is waited for, unless the signal is given up meanwhile: others may wait for the same. */
function until<T>(what: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return what;
  return new Promise((ok, no) => {
    const stop = () => no(signal.reason as Error);
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
    what.then(ok, no).finally(() => signal.removeEventListener("abort", stop));
  });
}

/** The JSON of an answer as it came; undefined if it is empty. */
export async function read(answer: Response): Promise<unknown> {
  const text = await answer.text().catch((cause: unknown) => {
    throw cause instanceof TypeError ? new NetworkError("The answer broke off.", { status: answer.status, code: "network", cause }) : cause;
  });
  try {
    return text ? JSON.parse(text) : undefined;
  } catch {
    throw new PatchbayError(`${answer.url} answered something that is not JSON.`, { status: answer.status, code: "not_json", requestId: answer.headers.get("x-request-id") ?? undefined, body: text });
  }
}
