// What the connect page and its server (api/hosted) say to each other. The page
// gets a Page in its HTML (script#page) and by GET /connect/page with its own
// query; every other call carries the connect token as a bearer, and the page's
// session as X-Connect-Session. A call that
// fails answers {error: string, code: string, request_id: string} and a 4xx or 5xx.

export type Locale = "en" | "de" | "es" | "fr" | "ja";

/** GET /connect/page?{the page's query} */
export interface Page {
  request_id: string;
  session: string; // of this opening of the page, for the record; sent back with every call. "" = the token is unknown
  locale: Locale; // of the address (`locale`), else the token, else the browser
  view: "connect" | "accounts"; // `view=accounts` of the address: the user's own connections
  link: boolean; // a page of its own, not an iframe
  hide_close: boolean;
  development: boolean;
  brand: Brand;
  origins: string[]; // who may hear how it ended, when the page is framed
  success_redirect_uri: string | null;
  error_redirect_uri: string | null;
  state: string | null; // echoed to the redirect URIs, as the address brought it
  reconnect: Account | null; // the account that is connected again
  plan: Plan | null; // null: there is a problem, or the app is still to be picked
  problem: Problem | null;
}

/** How the page looks and what it calls itself. A colour is #rrggbb; null = ours, chosen to go with the rest. */
export interface Brand {
  product: string; // who asks
  logo_url: string | null;
  logo_dark_url: string | null;
  mode: "auto" | "light" | "dark";
  light: Palette;
  dark: Palette;
  radius: number; // px, 0 to 24
  font: "system" | "rounded" | "serif" | "mono" | "custom";
  font_url: string | null; // a WOFF2 file of ours, for "custom"
  texts: Partial<Record<Locale, Record<string, string>>>; // the builder's own words, by key of locales/en.json
  support_email: string | null;
  support_url: string | null;
  privacy_url: string | null;
  terms_url: string | null;
}

export interface Palette {
  accent: string | null; // of buttons and links; the text on it is chosen for its contrast
  background: string | null;
  surface: string | null; // of the card
  text: string | null;
}

export interface App {
  slug: string;
  name: string;
  description: string;
  categories: string[];
  logo_url: string;
}

/** GET /connect/apps?q=&category=&cursor= : the apps that the token may connect and the project is set up for. */
export interface AppList {
  data: (App & { connected: number })[]; // how many accounts of it the user has
  categories: string[];
  next: string | null; // cursor
}

/** GET /connect/plan?{app, auth, oauthAppId, appOverrideId, accountId, oauthScopeProfile} : how an app is going to be connected. */
export interface Plan {
  app: App;
  methods: Method[]; // to choose from, the recommended one first
  method: Method | null; // the one that is settled; null = the user chooses
  fields: Field[];
  powers: Power[]; // what the product will be able to do
  provider_host: string; // where the user is going to sign in; "" for keys
}

export interface Method {
  id: string;
  title: string;
  kind: "oauth" | "keys" | "none";
}

export interface Field {
  name: string;
  label: string;
  description: string;
  help_url: string | null; // where the provider shows it
  example: string;
  default: string;
  optional: boolean;
  secret: boolean;
  pattern: string | null; // a whole match, as JavaScript reads it
  strip: string[]; // what people paste along, in front or behind: it is taken away before the pattern is looked at
  options: { value: string; label: string }[]; // empty = free text
}

export interface Power {
  scope: string;
  text: string;
  optional: boolean; // the user may switch it off
}

/** A way in that ended badly. The page has words of its own for each cause; `message` is in English. */
export interface Problem {
  code: string; // such as oauth_denied
  cause: "expired" | "setup" | "denied" | "provider" | "input" | "gone" | "limit" | "cancelled" | "trouble";
  message: string;
  request_id: string;
  retry: boolean; // whether trying again can help
  field?: string; // the name of what was filled in that it is about; none of them in particular
}

export interface Account {
  id: string;
  name: string; // what the user calls it, else who is connected, else the app
  app: App;
  state: "healthy" | "degraded" | "dead";
  error: string | null;
  powers: string[]; // in plain words
  created_at: string;
  last_refreshed_at: string | null;
}

/**
 * POST /connect/oauth/start with JSON {app, auth, oauth_app_id, app_override_id, account_id, profile, same_tab, state, fields, powers}
 * where `state` is the page's, for a redirect at the end of the callback, and `powers` are the scopes that the user left on (null = all). The browser is then sent to `url`.
 */
export interface Started {
  flow: string;
  url: string;
}

/** GET /connect/status : how the flow stands that was begun last with the token. POST /connect/keys answers it, too. */
export type Standing =
  | { status: "none" }
  | { status: "open"; flow: string } // the user is at the provider
  | { status: "testing"; flow: string } // they came back; the token is fetched and tried
  | { status: "asking"; flow: string; question: Question }
  | { status: "succeeded"; flow: string; account: Account }
  | { status: "failed"; flow: string; problem: Problem };

/** What only the user can settle before an account is saved. Answered by POST /connect/flows/{flow}/answer. */
export type Question =
  | { kind: "choice"; name: string; label: string; options: { value: string; label: string; hint: string }[] } // {choice: value}
  | { kind: "scopes"; missing: Power[]; may_continue: boolean } // {continue: true}, or begin again
  | { kind: "identity"; expected: string; got: string; may_replace: boolean }; // {identity: "replace" | "add"}, or cancel

// POST  /connect/flows/{flow}/answer       -> Standing
// POST  /connect/flows/{flow}/cancel       the user gives this try up; 204
// POST  /connect/cancel                    the user gives the whole thing up: CONNECTION_ERROR user_cancelled; 204
// POST  /connect/keys                      {app, auth, fields, account_id, app_override_id, oauth_app_id} -> Standing
// GET   /connect/accounts                  -> {data: Account[]}
// PATCH /connect/accounts/{id}             {name} -> Account
// DELETE /connect/accounts/{id}            disconnects, and revokes at the provider; 204
// POST  /connect/steps                     {steps: Step[]} -> 204; never fails the page

/** Something that only the page sees, for the record of the session. It holds no value that was typed in. */
export interface Step {
  name: "shown" | "searched" | "picked" | "method" | "popup_opened" | "popup_blocked" | "popup_closed" | "fallback" | "field_invalid" | "retried" | "closed";
  screen: string;
  detail?: string; // a slug, an id or a code; at most 80 characters
  ago: number; // milliseconds since it happened, when it is sent
}

/**
 * To the page around it, which hears `ready` as soon as there is something to see, or, when the page was opened as a popup by the browser SDK (no connectLink, but a window.opener),
 * to that opener; at each of `origins` and nowhere else. A popup goes to the provider in its own window, so the page at the
 * end of the callback tells the same; after `close` it closes its window. The SDK also asks GET /connect/status from one of
 * `origins` (CORS), for a provider's COOP may have cut the opener off.
 *
 * A page of its own (connectLink) goes to the redirect URI instead, with `account_id` or `error` (the sentence) and
 * `error_code`, and `state` if the address had one.
 */
export type Message = { type: "ready" } | { type: "success"; authProvisionId: string } | { type: "error"; error: string; code?: string } | { type: "close" };
