import type { ConnectError } from "./errors.js";
import type { Page, Paging } from "./page.js";
import type { ConfigurableProp, ConfiguredProps, PropOption, Scalar } from "./props.js";

/** What your server got from POST /v1/connect/{project}/tokens. Its JSON may be handed on as it came. */
export interface ConnectToken {
  token: string;
  /** A Date, an ISO string, or nothing: then the token is used until it is refused. */
  expiresAt?: Date | string | null;
  connectLinkUrl?: string | null;
  /** The names that the API itself uses are understood as well. */
  expires_at?: string | null;
  connect_link_url?: string | null;
}

export interface ClientOptions {
  /** Your own id of the user who is signed in. */
  externalUserId: string;
  /** Asks your server for a connect token. Called when one is needed, at most once at a time. */
  tokenCallback: (about: { externalUserId: string }) => Promise<ConnectToken | string>;
  /** Where Patchbay is: "connect.example.com" (https) or a full URL. */
  host?: string;
  /** Only the hosted page, where it is elsewhere. The default: the place that the token names, else `host`. */
  frontendHost?: string;
  /** Only the API, where it is elsewhere. The default: `host`. */
  baseUrl?: string;
  /** Checked against the token's environment, if it is given. */
  projectEnvironment?: "development" | "production";
  /** Sent with each call of the API. */
  headers?: Record<string, string>;
  /** Milliseconds until a call of the API is given up. The default is 60 000. */
  timeout?: number;
  /** For tests. */
  fetch?: typeof fetch;
}

export type Mode = "iframe" | "popup" | "redirect";
export type ScopeProfile = "read_only" | "read_write" | "admin";

export interface ConnectOptions {
  /** Slug of the app, such as "slack". Without it the user chooses. */
  app?: string;
  oauthAppId?: string;
  appOverrideId?: string;
  /** Connects this account again instead of making another one. */
  accountId?: string;
  oauthScopeProfile?: ScopeProfile;
  /** Offers no way out before it is done. */
  hideClose?: boolean;
  /** Such as "de". The default is the token's, else the browser's. */
  locale?: string;
  /** A token that you have already, instead of asking for one. */
  token?: string;
  /** "accounts" shows the user what they have connected. */
  view?: "connect" | "accounts";
  onSuccess?: (account: { id: string }) => void;
  /** May be called more than once: the user can try again. */
  onError?: (error: Error) => void;
  /** The last call. `completed`: it came to an end, good or bad, before it was closed. */
  onClose?: (status: { successful: boolean; completed: boolean }) => void;
}

export interface OpenOptions extends ConnectOptions {
  /** The default is "iframe". A popup that the browser blocks becomes an iframe. */
  mode?: Mode;
}

export interface ConnectionEvents {
  /** An account is connected. `detail.id` is its id. */
  success: CustomEvent<{ id: string }>;
  /** A try failed; the user may try again until it closes. */
  error: CustomEvent<ConnectError>;
  /** The last event: what was opened is gone. */
  close: CustomEvent<{ successful: boolean; completed: boolean }>;
}

/** One user on their way through the hosted page. Whatever it opened is gone once it is closed. */
export interface Connection extends EventTarget {
  /** The account, as soon as it is connected. Rejected with the last error, or with the code `closed`, if it closes without one. */
  readonly result: Promise<{ id: string }>;
  /** Ends it, whatever the user has done so far. Does nothing the second time. */
  close(): void;
  addEventListener<K extends keyof ConnectionEvents>(type: K, listener: (event: ConnectionEvents[K]) => void, options?: AddEventListenerOptions | boolean): void;
  addEventListener(type: string, listener: EventListenerOrEventListenerObject | null, options?: AddEventListenerOptions | boolean): void;
  removeEventListener<K extends keyof ConnectionEvents>(type: K, listener: (event: ConnectionEvents[K]) => void, options?: EventListenerOptions | boolean): void;
  removeEventListener(type: string, listener: EventListenerOrEventListenerObject | null, options?: EventListenerOptions | boolean): void;
}

export interface CallOptions {
  signal?: AbortSignal;
  /** Milliseconds. */
  timeout?: number;
}

export interface App {
  id: string | null;
  nameSlug: string;
  name: string;
  authType: "oauth" | "keys" | "none" | null;
  description: string | null;
  imgSrc: string;
  /** A JSON array, as a string. */
  customFieldsJson: string | null;
  categories: string[];
  featuredWeight: number;
  scopeProfiles: { name: ScopeProfile; scopes: string[] }[];
  connect?: { proxyEnabled: boolean; allowedDomains: string[] | null; baseProxyTargetUrl: string };
}

export interface Account {
  id: string;
  name: string | null;
  externalId: string;
  healthy: boolean;
  /** Only its user can mend it, by connecting it again. */
  dead: boolean | null;
  app: App;
  authorizedScopes: string[];
  missingScopes?: string[];
  cause?: string | null;
  error: string | null;
  createdAt: Date;
  updatedAt: Date;
  expiresAt: Date | null;
  lastRefreshedAt: Date | null;
  nextRefreshAt: Date | null;
}

export interface ListAccounts extends Paging {
  app?: string;
  oauthAppId?: string;
  state?: "healthy" | "degraded" | "dead";
}

export interface ListApps extends Paging {
  q?: string;
  sortKey?: "name" | "name_slug" | "featured_weight";
  sortDirection?: "asc" | "desc";
  categoryIds?: string[];
  hasComponents?: boolean;
  hasActions?: boolean;
  hasTriggers?: boolean;
}

export interface ListComponents extends Paging {
  q?: string;
  app?: string;
  registry?: "public" | "private" | "all";
  componentType?: "action" | "trigger";
}

export interface Component {
  key: string;
  name: string;
  version: string;
  description?: string | null;
  componentType?: "action" | "trigger" | null;
  configurableProps: ConfigurableProp[];
  stash?: "optional" | "required" | null;
  annotations?: { destructiveHint?: boolean | null; idempotentHint?: boolean | null; openWorldHint?: boolean | null; readOnlyHint?: boolean | null; title?: string | null } | null;
}

/** Whose component, and how it is set so far. */
export interface Setup {
  /** Key of the component. */
  id: string;
  version?: string | null;
  configuredProps?: ConfiguredProps;
  dynamicPropsId?: string;
  /** The default is the client's. */
  externalUserId?: string;
}

export interface ConfigureProp extends Setup {
  propName: string;
  /** From 0. */
  page?: number;
  /** The `context` of the page before. */
  prevContext?: Record<string, unknown>;
  query?: string;
}

export interface Observation {
  k: string;
  ts: number;
  msg?: string;
  err?: { name?: string; message?: string; stack?: string };
}

export interface ConfiguredOptions {
  options?: PropOption[] | null;
  stringOptions?: string[] | null;
  context?: Record<string, unknown> | null;
  observations?: Observation[] | null;
  errors?: string[];
}

export interface ReloadedProps {
  dynamicProps?: { id: string; configurableProps: ConfigurableProp[] } | null;
  observations?: Observation[] | null;
  errors?: string[];
}

export interface RunAction extends Setup {
  stashId?: string | boolean | null;
}

export interface ActionResult {
  exports?: Record<string, unknown>;
  os?: Observation[];
  ret?: unknown;
  stashId?: string | null;
  /** The action failed; the call itself did not. */
  error?: { name?: string; message?: string; [key: string]: unknown };
}

export interface DeployTrigger extends Setup {
  webhookUrl?: string;
  workflowId?: string;
  /** The default is true. */
  emitOnDeploy?: boolean;
}

export interface DeployedTrigger {
  id: string;
  type: "DeployedComponent" | "HttpInterface" | "TimerInterface";
  ownerId: string;
  name: string;
  nameSlug: string;
  active: boolean;
  componentKey?: string | null;
  configuredProps: ConfiguredProps;
  configurableProps?: ConfigurableProp[];
  endpointUrl?: string;
  /** Epoch milliseconds. */
  createdAt: number;
  updatedAt: number;
}

export interface ProxyCall {
  accountId: string;
  /** A URL of one of the app's hosts, or a path below its API. */
  url: string;
  params?: Record<string, Scalar | undefined | Scalar[]>;
  /** For the app. */
  headers?: Record<string, string>;
  externalUserId?: string;
}

export interface ProxyCallWithBody extends ProxyCall {
  /** Sent as JSON, unless it is text, a form, a Blob or bytes. */
  body?: unknown;
}

/**
 * Calls an app with the credential of an account. The answer is what JSON or text holds, a Blob of
 * anything else, undefined if there is none. A status of 400 and above becomes a PatchbayError.
 */
export interface Proxy {
  get<T = unknown>(call: ProxyCall, options?: CallOptions): Promise<T>;
  delete<T = unknown>(call: ProxyCall, options?: CallOptions): Promise<T>;
  post<T = unknown>(call: ProxyCallWithBody, options?: CallOptions): Promise<T>;
  put<T = unknown>(call: ProxyCallWithBody, options?: CallOptions): Promise<T>;
  patch<T = unknown>(call: ProxyCallWithBody, options?: CallOptions): Promise<T>;
}

/** The API, as far as a connect token may call it. */
export interface Api {
  accounts: {
    list(query?: ListAccounts, options?: CallOptions): Promise<Page<Account>>;
    get(id: string, options?: CallOptions): Promise<Account>;
    delete(id: string, options?: CallOptions): Promise<void>;
  };
  apps: {
    list(query?: ListApps, options?: CallOptions): Promise<Page<App>>;
    get(slugOrId: string, options?: CallOptions): Promise<App>;
  };
  components: {
    list(query?: ListComponents, options?: CallOptions): Promise<Page<Component>>;
    get(key: string, query?: { version?: string }, options?: CallOptions): Promise<Component>;
    configure(input: ConfigureProp, options?: CallOptions): Promise<ConfiguredOptions>;
    reload(input: Setup, options?: CallOptions): Promise<ReloadedProps>;
  };
  actions: { run(input: RunAction, options?: CallOptions): Promise<ActionResult> };
  triggers: { deploy(input: DeployTrigger, options?: CallOptions): Promise<DeployedTrigger> };
  proxy: Proxy;
}
