import type { Account, AppList, Page, Plan, Problem, Standing, Started, Step } from "./contract.ts";

/** What a call was refused with, in the form in which the page shows it. */
export class Refused extends Error {
  readonly problem: Problem;
  readonly status: number; // 0: nobody answered
  constructor(problem: Problem, status: number) {
    super(problem.message);
    this.problem = problem;
    this.status = status;
  }
}

const expired = new Set(["token_expired", "connect_session_expired", "connect_token_invalid"]);
const setUp = new Set(["app_not_found", "no_oauth_app", "oauth_app_not_found", "oauth_app_suspended", "other_app", "scope_profile", "app_override_not_found"]);

/** The cause of a refusal, of which the server says no more than its code. */
export function causeOf(status: number, code: string): Problem["cause"] {
  if (expired.has(code) || status === 401) return "expired";
  if (setUp.has(code)) return "setup";
  if (code === "oauth_denied" || code === "scopes_refused") return "denied";
  if (code === "user_limit") return "limit";
  if (code === "provider_not_ready" || code === "upstream_unreachable") return "provider";
  return status >= 500 || status === 0 || status === 429 ? "trouble" : "input";
}

/** How a call is refused. */
interface Said { error?: string; code?: string; request_id?: string; details?: { request_id?: string; field?: string } }

type Way = "GET" | "POST" | "PATCH" | "DELETE";

/** The calls of the page, each with the connect token as its bearer. */
export class Api {
  readonly query: URLSearchParams;
  private readonly session: string;
  constructor(query: URLSearchParams, session: string) {
    this.query = query;
    this.session = session;
  }

  async call<T>(way: Way, path: string, body?: unknown, keepalive = false): Promise<T> {
    let answer: Response;
    try {
      answer = await fetch(path, {
        method: way, keepalive, cache: "no-store", credentials: "same-origin",
        headers: { Authorization: `Bearer ${this.query.get("token") ?? ""}`, "X-Connect-Session": this.session, ...(body === undefined ? {} : { "Content-Type": "application/json" }) },
        body: body === undefined ? undefined : JSON.stringify(body),
      });
    } catch {
      throw this.refusal(0, { error: "The connection broke off." });
    }
    const text = await answer.text();
    if (answer.ok) return (text ? JSON.parse(text) : undefined) as T;
    let said: Said = {};
    try {
      said = JSON.parse(text) as Said;
    } catch {
      // what stands between us and the server answered
    }
    throw this.refusal(answer.status, said);
  }

  /** A refusal in the form in which the page shows it. */
  refusal(status: number, said: Said): Refused {
    const code = said.code ?? (status ? "trouble" : "offline"), cause = causeOf(status, code);
    return new Refused({ code, cause, message: said.error ?? "", request_id: said.request_id ?? said.details?.request_id ?? "", retry: cause !== "expired" && cause !== "setup", field: said.details?.field?.replace(/^[^.]*\.?/, "") || undefined }, status);
  }

  page = (change: Record<string, string | null>) => {
    const q = new URLSearchParams(this.query);
    for (const [k, v] of Object.entries(change)) v === null ? q.delete(k) : q.set(k, v);
    return this.call<Page>("GET", `/connect/page?${q}`);
  };
  apps = (q: string, category: string, cursor: string) => this.call<AppList>("GET", `/connect/apps?${new URLSearchParams({ q, category, cursor })}`);
  plan = (asked: Asked) => this.call<Plan>("GET", `/connect/plan?${new URLSearchParams(asked)}`);
  start = (body: Begin) => this.call<Started>("POST", "/connect/oauth/start", body);
  status = () => this.call<Standing>("GET", "/connect/status");
  answer = (flow: string, body: object) => this.call<Standing | undefined>("POST", `/connect/flows/${encodeURIComponent(flow)}/answer`, body);
  abandon = (flow: string) => this.call<void>("POST", `/connect/flows/${encodeURIComponent(flow)}/cancel`);
  cancel = () => this.call<void>("POST", "/connect/cancel", undefined, true);
  keys = (body: KeysBody) => this.call<Standing>("POST", "/connect/keys", body);
  accounts = () => this.call<{ data: Account[] }>("GET", "/connect/accounts");
  rename = (id: string, name: string) => this.call<Account>("PATCH", `/connect/accounts/${encodeURIComponent(id)}`, { name });
  disconnect = (id: string) => this.call<void>("DELETE", `/connect/accounts/${encodeURIComponent(id)}`);
  steps = (steps: Step[]) => this.call<void>("POST", "/connect/steps", { steps }, true);
}

/** What a way in was asked for with, named as in the page's address. */
export type Asked = Record<"app" | "auth" | "oauthAppId" | "appOverrideId" | "accountId" | "oauthScopeProfile", string>;

/** The choice that the page's address holds. */
export function asked(query: URLSearchParams): Asked {
  const of = (name: keyof Asked) => query.get(name) ?? "";
  return { app: of("app"), auth: of("auth"), oauthAppId: of("oauthAppId"), appOverrideId: of("appOverrideId"), accountId: of("accountId"), oauthScopeProfile: of("oauthScopeProfile") };
}

export interface Begin {
  app: string;
  auth: string;
  oauth_app_id: string;
  app_override_id: string;
  account_id: string;
  profile: string;
  same_tab: boolean;
  state: string;
  fields: Record<string, string>;
  powers: string[] | null;
}

export type KeysBody = Pick<Begin, "app" | "auth" | "oauth_app_id" | "app_override_id" | "account_id" | "fields">;

/** The body that begins what was asked for. */
export function begin(a: Asked, fields: Record<string, string>, powers: string[] | null): Begin {
  return { app: a.app, auth: a.auth, oauth_app_id: a.oauthAppId, app_override_id: a.appOverrideId, account_id: a.accountId, profile: a.oauthScopeProfile, same_tab: false, state: "", fields, powers };
}
