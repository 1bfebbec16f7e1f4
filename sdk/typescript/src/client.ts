import { Caller, read, type RequestOptions, type Setup } from "./caller.js";
import { Proxy } from "./proxy.js";
import { Resources } from "./gen/resources.js";
import { Tokens } from "./token.js";
import { Workflows } from "./workflows.js";

export interface ClientOptions {
  /** Where Patchbay is, such as "https://connect.example.com". The default is PATCHBAY_BASE_URL, like that of what follows is its own. */
  baseUrl?: string;
  clientId?: string;
  clientSecret?: string;
  /** Instead of a client id and a secret: an API key or a connect token, or what fetches an access token. PATCHBAY_TOKEN. */
  token?: string | (() => string | Promise<string>);
  projectId?: string;
  /** The default is production. PATCHBAY_ENVIRONMENT. */
  environment?: "development" | "production";
  /** The same as `environment`. */
  projectEnvironment?: "development" | "production";
  /** The domain below which workflows have their hosts. Without it their endpoints are called below `baseUrl`. */
  workflowDomain?: string;
  /** Of access tokens, separated by spaces. The default is all that the client may do. */
  scope?: string;
  /** Sent with each call. */
  headers?: Record<string, string>;
  /** Seconds until an answer has to begin. The default is 60. */
  timeoutInSeconds?: number;
  /** How often a call is tried again. The default is 2. */
  maxRetries?: number;
  /** For a proxy of your own, and for tests. */
  fetch?: typeof fetch;
}

interface OAuthToken {
  access_token: string;
  expires_in?: number;
}

/** A client of the API for your server. It holds a secret: in browsers use @patchbay/browser. */
export class PatchbayClient extends Resources {
  readonly proxy: Proxy;
  readonly workflows: Workflows;
  private readonly caller: Caller;

  constructor(options: ClientOptions = {}) {
    const caller = new Caller(setup(options));
    super(caller);
    this.caller = caller;
    this.proxy = new Proxy(caller);
    this.workflows = new Workflows(caller, options.workflowDomain ?? env("WORKFLOW_DOMAIN"));
  }

  /** The access token that calls are made with. */
  get rawAccessToken(): Promise<string> {
    return this.caller.setup.tokens.get();
  }

  /** Any operation of the API by its path, such as "/v1/connect/{project_id}/app_addresses": names and values are as on the wire. */
  async request<T = unknown>(method: string, path: string, body?: unknown, options?: RequestOptions): Promise<T> {
    return (await read(await this.caller.send({
      method, url: this.caller.url(path), bearer: "own", repeatable: /^(GET|PUT|DELETE)$/.test(method), body: body === undefined ? undefined : JSON.stringify(body),
      headers: body === undefined ? {} : { "Content-Type": "application/json" },
    }, options))) as T;
  }
}

/** A setting of the environment, where there is one. */
function env(name: string): string | undefined {
  const { process } = globalThis as { process?: { env?: Record<string, string | undefined> } };
  return process?.env?.[`PATCHBAY_${name}`] || undefined;
}

function setup(options: ClientOptions): Setup {
  const environment = options.environment ?? options.projectEnvironment ?? env("ENVIRONMENT") ?? "production";
  if (environment !== "development" && environment !== "production") throw new TypeError(`environment is "${environment}": development or production.`);
  const common: Omit<Setup, "tokens"> = {
    baseUrl: place(options.baseUrl ?? env("BASE_URL")), projectId: options.projectId ?? env("PROJECT_ID"), environment, headers: options.headers ?? {},
    timeoutInSeconds: options.timeoutInSeconds ?? 60, maxRetries: options.maxRetries ?? 2, fetch: options.fetch ?? ((...args: Parameters<typeof fetch>) => fetch(...args)), sleep,
  };
  const given = options.token ?? (options.clientId === undefined ? env("TOKEN") : undefined);
  if (given !== undefined) return { ...common, tokens: { get: async () => (typeof given === "function" ? await given() : given), drop: () => undefined } };
  const clientId = options.clientId ?? env("CLIENT_ID"), clientSecret = options.clientSecret ?? env("CLIENT_SECRET");
  if (!clientId || !clientSecret) throw new TypeError("clientId or clientSecret is missing. Give them to the client, or set PATCHBAY_CLIENT_ID and PATCHBAY_CLIENT_SECRET.");
  const asking = new Caller({ ...common, tokens: { get: async () => "", drop: () => undefined } });
  const fetchToken = async () => {
    const answer = await asking.send({
      method: "POST", url: `${common.baseUrl}/v1/oauth/token`, headers: { "Content-Type": "application/json" }, bearer: "none", repeatable: true,
      body: JSON.stringify({ grant_type: "client_credentials", client_id: clientId, client_secret: clientSecret, scope: options.scope }),
    });
    const { access_token: token, expires_in: expiresIn = 0 } = (await read(answer)) as OAuthToken;
    return { token, expiresIn };
  };
  return { ...common, tokens: new Tokens(fetchToken, Date.now) };
}

/** A URL without a slash at its end. */
function place(text: string | undefined): string {
  if (!text) throw new TypeError('baseUrl is missing: where Patchbay is, such as "https://connect.example.com". Give it to the client, or set PATCHBAY_BASE_URL.');
  try {
    const url = new URL(text);
    if (/^https?:$/.test(url.protocol)) return (url.origin + url.pathname).replace(/\/+$/, "");
  } catch { /* said below */ }
  throw new TypeError(`baseUrl is "${text}": a URL such as "https://connect.example.com".`);
}

/** Waits, unless the signal is given up meanwhile. */
function sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((ok, no) => {
    const over = () => {
      clearTimeout(timer);
      no(signal!.reason as Error);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", over);
      ok();
    }, milliseconds);
    if (signal?.aborted) over();
    else signal?.addEventListener("abort", over, { once: true });
  });
}
