/* Made-up data for looking at the console without a server. */
import type { Account, AccountHealth, App, AppCategory, AppOverride, Attempt, APIKey, Client, PublishedScope, Delivery, ExternalUser, OAuthApp, Project, ProxyRequest, Run, RunStep, Webhook, Workflow } from "../src/api/types";

const alphabet = "0123456789abcdefghjkmnpqrstvwxyz";
let serial = 0;
export function id(prefix: string): string {
  serial += 1;
  let n = serial * 7919 + 104729;
  let tail = "";
  for (let i = 0; i < 12; i++) {
    tail = alphabet[(n + i * 5) % 32]! + tail;
    n = Math.floor(n / 3) + i * 31;
  }
  return `${prefix}_06n0${String(serial).padStart(4, "0")}v1d2e3${tail}`.padEnd(prefix.length + 27, "0").slice(0, prefix.length + 27);
}
export const ago = (seconds: number) => new Date(Date.now() - seconds * 1000).toISOString();

const tile = (letter: string, colour: string) =>
  `data:image/svg+xml,${encodeURIComponent(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 20 20"><rect width="20" height="20" rx="4" fill="${colour}"/><text x="10" y="14.5" text-anchor="middle" font-family="sans-serif" font-size="12" font-weight="700" fill="white">${letter}</text></svg>`)}`;

const asked = [
  { name: "account", label: "Account", description: "The first part of the address in the browser.", placeholder: "acme", type: "text", optional: false },
  { name: "api_key", label: "API key", description: "Under Settings, Developer.", type: "password", optional: false },
  { name: "region", label: "Region", description: "", default: "us", type: "text", optional: true },
];
const app = (name: string, slug: string, auth: string, colour: string): App => ({
  id: id("app"), name_slug: slug, name, auth_type: auth, description: `${name} for tests; a pretend product that keeps contacts, messages and files of a team in one place.`, img_src: tile(name[0]!, colour),
  custom_fields_json: auth === "keys" ? JSON.stringify(asked) : "[]", categories: auth === "keys" ? ["developer_tools"] : ["crm", "demo"], featured_weight: 1,
  scope_profiles: auth === "oauth" ? [{ name: "read_only", scopes: ["contacts.read"] }, { name: "read_write", scopes: ["contacts.read", "contacts.write", "offline_access"] }] : [],
  connect: { proxy_enabled: true, allowed_domains: [`api.${slug.replace("_", "-")}.example`, "uploads.example.com"], base_proxy_target_url: `https://api.${slug.replace("_", "-")}.example` },
});
export const apps = [
  app("Brightdesk", "brightdesk", "oauth", "#c2410c"), app("Ledgerly", "ledgerly", "keys", "#0f766e"), app("Mailpost", "mailpost", "oauth", "#1d4ed8"),
  app("Orbit CRM", "orbit_crm", "oauth", "#7e22ce"), app("Stackline", "stackline", "keys", "#be123c"), app("Tidewater", "tidewater", "oauth", "#0369a1"),
];
apps[4]!.img_src = "/missing.png";
for (let i = 1; i <= 60; i++) apps.push(app(`Product ${i}`, `product_${i}`, i % 3 ? "oauth" : i % 2 ? "keys" : "none", "#475569"));
export const categories: AppCategory[] = [["appcat_crm", "CRM"], ["appcat_demo", "Demo"], ["appcat_developertools", "Developer tools"]].map(([id, name]) => ({ id: id!, name: name!, description: null }));

export const projects: Project[] = [
  { updated_at: "2026-11-01T00:00:00Z", id: "proj_acme1", name: "Acme Cloud", app_name: "Acme", support_email: "help@acme.example", connect_require_key_auth_test: true, workflows_in_production: true, proxy_allowed_hosts: [], proxy_log_bodies: true, action_log_values: false, run_keep_days: 0, run_keep_mb: 0, event_keep_days: 0, log_keep_days: 0, log_redactions: [], development_users: -1, error_workflow_id: null },
  { updated_at: "2026-11-01T00:00:00Z", id: "proj_new2", name: "Empty project", app_name: null, support_email: null, connect_require_key_auth_test: false, workflows_in_production: false, proxy_allowed_hosts: [], proxy_log_bodies: false, action_log_values: false, run_keep_days: 0, run_keep_mb: 0, event_keep_days: 0, log_keep_days: 0, log_redactions: [], development_users: -1, error_workflow_id: null },
];

const names = ["ada", "grace", "alan", "edsger", "barbara", "donald", "margaret", "dennis", "radia", "leslie", "ken", "frances"];
export const users: ExternalUser[] = Array.from({ length: 64 }, (_, i) => ({
  id: id("exu"), external_id: i === 0 ? "test-user" : i === 1 ? "tenant/7 ünïcode #4" : `${names[i % 12]}-${1000 + i}`, created_at: ago(86_400 * (i + 1)), updated_at: ago(3_700 * (i + 1)),
}));

export function account(externalId: string, a: App, over: Partial<Account> = {}): Account {
  return {
    id: id("apn"), name: `${externalId.split("-")[0]}@${a.name_slug.replace("_", "-")}.example`, external_id: externalId, healthy: true, dead: null, app: a, created_at: ago(40),
    updated_at: ago(40), authorized_scopes: ["contacts.read", "contacts.write", "offline_access"], missing_scopes: [], expires_at: ago(-3_200), cause: null, error: null, health_since: ago(40), last_refreshed_at: ago(400), next_refresh_at: ago(-2_600), ...over,
  };
}
export const accounts: Account[] = users.slice(0, 24).map((u, i) =>
  account(u.external_id, apps[i % 6]!, {
    created_at: ago(5_000 * (i + 1)),
    ...(i === 2 && { healthy: false, cause: "provider_unreachable", error: "The provider did not answer the refresh.", health_since: ago(900), next_refresh_at: ago(-400) }),
    ...(i === 4 && { healthy: false, dead: true, cause: "revoked", error: "The provider no longer accepts this connection.", health_since: ago(4_000), next_refresh_at: null }),
  }),
);

/** Half a day of an account: refreshes that went well, and those that did not where it is not healthy. */
export function health(a: Account): AccountHealth {
  const state = a.dead ? "dead" : a.healthy ? "healthy" : "degraded";
  const since = Date.parse(a.health_since) / 1000;
  const attempt = (at: number, outcome: string, http_status: number | null, provider_code: string | null) => ({ started_at: new Date(at * 1000).toISOString(), finished_at: new Date(at * 1000 + 240).toISOString(), outcome, http_status, provider_code });
  const well = Array.from({ length: 8 }, (_, i) => attempt(since - 4_000 * (i + 1), "ok", null, null));
  const failed = state === "dead" ? [attempt(since, "reauth", 400, "invalid_grant")] : state === "degraded" ? [300, 60, 0].map((s) => attempt(since + s, "transient", 503, "temporarily_unavailable")) : [];
  const earlier = { state: "healthy" as const, cause: null, error: null, created_at: new Date((since - 20_000) * 1000).toISOString() };
  return {
    state, cause: a.cause, error: a.error, since: a.health_since, expires_at: a.expires_at, last_refreshed_at: a.last_refreshed_at, next_refresh_at: a.next_refresh_at,
    history: state === "healthy" ? [] : [{ state, cause: a.cause, error: a.error, created_at: a.health_since }, earlier, { ...earlier, state: "degraded", cause: "throttled", error: "The provider asks for fewer refreshes.", created_at: new Date((since - 26_000) * 1000).toISOString() }],
    attempts: [...failed, ...well],
  };
}

export function workflow(name: string, over: Partial<Workflow> = {}): Workflow {
  const endpoint = id("eo").slice(3, 17);
  return {
    id: id("p"), name, active: true, version: 3, draft_differs: false, created_at: ago(900_000), updated_at: ago(7_000),
    draft: {
      name, triggers: [{ name: "http", type: "http", auth: "oauth" }],
      steps: [
        { name: "only_new", type: "filter", if: "{{ trigger.body.kind == 'new' }}", reason: "Not a new contact." },
        { name: "find_contact", type: "http_request", account: { of: "user", app: "orbit_crm" }, method: "GET", url: "/v2/contacts", query: { email: "{{ trigger.body.email }}" } },
        { name: "notify", type: "http_request", account: { of: "project", id: "apn_shared" }, method: "POST", url: "https://api.mailpost.example/messages", headers: { "x-kind": "yes" }, body: { to: "#sales", text: "Hello: {{ steps.find_contact.name }}", list: [1, { a: true }, []] } },
        { name: "answer", type: "respond", status: 201, body: { ok: true } },
      ],
    },
    endpoint: { endpoint_id: `eo${endpoint}`, url: `http://localhost:8080/w/eo${endpoint}`, host_url: `http://eo${endpoint}.localhost:8080`, auth: "oauth" }, ...over,
  };
}
export const workflows = [
  workflow("Sync new contacts"), workflow("Post invoices to the ledger", { draft_differs: true, version: 7 }),
  workflow("Nightly digest", { active: false, version: 1 }), workflow("Draft of an idea", { active: false, version: 0, draft_differs: true }),
];
workflows[1]!.endpoint.auth = "bearer";

const statuses: Run["status"][] = ["succeeded", "failed", "ended_early", "running", "queued", "succeeded"];
export const runs: Run[] = Array.from({ length: 70 }, (_, i) => {
  const w = workflows[i % 3]!;
  const status = i === 0 ? "running" : i === 1 ? "failed" : i === 2 ? "succeeded" : i < 6 ? statuses[i]! : statuses[i % 3]!;
  const at = 90 + 640 * i;
  const over = !["running", "queued"].includes(status);
  return {
    id: id("run"), workflow_id: w.id, workflow_name: w.name, version: w.version, trigger: "http", status, attempts: 1, parent_id: null, replay_of: null, failure_of: null, retry_at: null, test: false, store: "all", trace_id: String(i).padStart(32, "0"), external_user_id: i % 5 === 3 ? null : users[i % 12]!.external_id,
    error: status === "failed" ? { code: "http_status", message: "api.mailpost.example answered 422: the channel does not exist.", step: "notify" } : null,
    created_at: ago(at), started_at: status === "queued" ? null : ago(at - 0.12), finished_at: over ? ago(at - 1.9) : null,
  };
});

export function steps(run: Run): RunStep[] {
  const from = Date.parse(run.created_at);
  const at = (ms: number) => new Date(from + ms).toISOString();
  const step = (name: string, type: string, status: RunStep["status"], begin: number, ms: number | null, input: unknown, output: unknown, error: RunStep["error"] = null): RunStep => ({
    path: name, name, type, status, attempts: status === "pending" ? 0 : 1, wake_at: null, input: input as RunStep["input"], output: output as RunStep["output"], error, account_id: null, started_at: status === "pending" ? null : at(begin), finished_at: ms === null || status === "pending" ? null : at(begin + ms), duration_ms: status === "pending" ? null : ms,
  });
  if (run.status === "queued") return [];
  const filter = step("only_new", "filter", run.status === "ended_early" ? "ended_early" : "succeeded", 130, 2, { if: run.status !== "ended_early" }, run.status === "ended_early" ? { reason: "Not a new contact." } : true);
  if (run.status === "ended_early") return [filter];
  const find = step("find_contact", "http_request", "succeeded", 140, 640, { method: "GET", url: "/v2/contacts?email=ada@example.com" }, { status: 200, body: { id: 91, name: "Ada", tags: ["vip", "eu"] } });
  const sending = { method: "POST", url: "https://api.mailpost.example/messages", body: { to: "#sales", text: "Hello: Ada" } };
  if (run.status === "running") return [filter, find, step("notify", "http_request", "running", 790, null, sending, null), step("answer", "respond", "pending", 0, null, null, null)];
  if (run.status === "failed") return [filter, find, step("notify", "http_request", "failed", 790, 1_100, sending, { status: 422, body: { error: "no_such_channel" } }, run.error), step("answer", "respond", "pending", 0, null, null, null)];
  return [filter, find, step("notify", "http_request", "succeeded", 790, 1_080, sending, { status: 201, body: { id: "m_1" } }), step("answer", "respond", "succeeded", 1_880, 1, null, { status: 201, body: { ok: true } })];
}

export const requests: ProxyRequest[] = Array.from({ length: 30 }, (_, i) => {
  const refused = i % 7 === 3;
  return {
    id: id("preq"), request_id: id("req"), account_id: accounts[i % accounts.length]!.id, external_user_id: "ada", app: "acme_crm", method: i % 3 ? "GET" : "POST",
    host: refused ? "" : "localhost:8082", path: refused ? "" : "/api/contacts?limit=", status: refused ? 429 : i % 5 ? 200 : 404, error: refused ? "app_rate_limited" : null,
    duration_ms: 12 + 7 * i, bytes_in: i % 3 ? 0 : 120, bytes_out: refused ? 0 : 640, refreshed: i === 4, retried: i === 4, redirects: i === 5 ? 1 : 0, created_at: ago(4 * i),
  };
});

export const deliveries: Delivery[] = Array.from({ length: 30 }, (_, i) => {
  const state = (["delivered", "pending", "exhausted", "delivered", "sending", "delivered"] as const)[i % 6]!;
  const bad = state === "pending" || state === "exhausted";
  const event = id("evt");
  return {
    id: id("dlv"), event_id: event, webhook_id: event, event_type: i % 3 ? "CONNECTION_SUCCESS" : "CONNECTION_ERROR", subject_id: accounts[i % 24]!.id, external_user_id: users[i % 12]!.external_id,
    endpoint_id: `whk_${"0".repeat(25)}${i % 2}`, url: "https://app.acme.example/hooks/patchbay", level: i % 2 ? "project" : "token", state, attempts: state === "exhausted" ? 8 : bad ? 3 : state === "sending" ? 0 : 1,
    last_status: state === "delivered" ? 200 : state === "pending" ? 503 : null, last_error: state === "exhausted" ? "timeout" : state === "pending" ? "status" : null,
    next_attempt_at: state === "pending" ? ago(-380) : null, created_at: ago(300 * (i + 1)), finished_at: state === "delivered" || state === "exhausted" ? ago(290 * (i + 1)) : null,
  };
});

export function attempts(d: Delivery): Attempt[] {
  return Array.from({ length: d.attempts }, (_, i) => ({
    number: i + 1, started_at: ago(3_000 - i * 200), duration_ms: d.last_error === "timeout" ? 10_000 : 84 + i * 9, status: d.last_error === "timeout" ? null : d.last_status,
    error: d.last_error, remote_address: "203.0.113.7", request_headers: { "Webhook-Id": d.event_id, "Content-Type": "application/json" }, response_headers: (d.last_error === "timeout" ? {} : { "Content-Type": "text/html" }) as Record<string, string>,
    response_excerpt: d.last_error === "timeout" ? "" : d.last_status === 200 ? "ok" : "<html><body><h1>503 Service Unavailable</h1></body></html>",
  }));
}

export const webhooks: Record<string, Webhook | undefined> = {
  "proj_acme1 development": { id: id("whk"), url: "https://app.acme.example/hooks/patchbay", signing_key_set: true, created_at: Math.floor(Date.now() / 1000) - 90_000, updated_at: Math.floor(Date.now() / 1000) - 4_000, changed_at: ago(4_000) },
};

const unbound = { updated_at: ago(60_000), project_ids: [], environments: [], rate_limit: null, previous_secret_until: null, disabled_at: null, last_used_address: null };

export const clients: Client[] = [
  { ...unbound, id: id("cli"), name: "backend, development", scopes: ["*"], created_at: ago(600_000), last_used_at: ago(70), last_used_address: "203.0.113.8" },
  { ...unbound, id: id("cli"), name: "reporting", project_ids: ["proj_acme1"], environments: ["production"], scopes: ["runs:read", "deliveries:read", "connect:users:read", "connect:accounts:read"], created_at: ago(90_000), last_used_at: null, previous_secret_until: ago(-80_000) },
];

export const apiKeys: APIKey[] = [
  { ...unbound, id: id("pak"), name: "nightly export", hint: "pbk_7Kq2", scopes: ["connect:accounts:read"], project_ids: ["proj_acme1"], expires_at: ago(-2_000_000), created_at: ago(90_000), last_used_at: ago(7_000), last_used_address: "203.0.113.9" },
];

export const scopes: PublishedScope[] = [
  { name: "*", group: "Everything", description: "All of the API, also what will be added to it", default: false },
  { name: "connect:*", group: "Connect", description: "All of connect", default: false },
  { name: "connect:tokens:create", group: "Connect", description: "Make connect tokens", default: true },
  { name: "connect:accounts:read", group: "Connect", description: "See accounts", default: true },
  { name: "connect:apps:*", group: "Connect", description: "See the catalogue of apps", default: true },
  { name: "runs:read", group: "Workflows", description: "See runs, with inputs and outputs", default: false },
];

const guide = (name: string, redirect: string) => `# ${name}: register your OAuth client

1. Open <https://developers.example.com/apps> and choose **New app**.
2. Under *Sign-in* add this redirect URI (it must match exactly):

   \`${redirect}\`

3. Add each scope that you will ask for, \`offline_access\` among them. Without it a connection ends
   after an hour.
   - for reading, \`contacts.read\`
   - for writing, **also** \`contacts.write\`
4. Copy the client id and the client secret into Patchbay.

Tags such as <img src=x onerror=alert(1)> are only text here.
`;
export function oauthClient(a: App, over: Partial<OAuthApp> = {}): OAuthApp {
  const key = id("oa");
  const redirect_uri = `https://localhost:8081/connect/oauth/${key}/callback`;
  const { connect: _, ...rest } = a;
  return { ...rest, id: key, client_id: "1234-abcd.apps.example.com", auth: "oauth", fields: [], scopes: [], additional_scopes: [], secret: { set_at: ago(400_000), last_used_at: ago(300), in_use: "current", previous: null }, suspended_at: null, suspended_code: null, redirect_uri, setup: guide(a.name, redirect_uri), owner_id: "proj_acme1", created_at: ago(400_000), updated_at: ago(400_000), ...over };
}
export function appOverride(a: App, name: string, cfmap: Record<string, string>, oauth_app_id: string | null = null): AppOverride {
  return { id: id("ao"), name, app: a, oauth_app_id, cfmap, owner_id: "proj_acme1", created_at: ago(90_000), updated_at: ago(90_000) };
}
export const appOverrides: AppOverride[] = [appOverride(apps[1]!, "Our ledger", { account: "acme", region: "eu" }), appOverride(apps[3]!, "Orbit test workspace", {})];
const rotating = { set_at: ago(3_000), last_used_at: null, in_use: "previous", previous: { expires_at: ago(-80_000), last_used_at: ago(60) } };
export const oauthClients: OAuthApp[] = [oauthClient(apps[0]!), oauthClient(apps[3]!, { client_id: "orbit-live", secret: rotating }), oauthClient(apps[3]!, { name: "Orbit, test workspace", scopes: ["contacts.read"], setup: "", suspended_at: ago(2_400), suspended_code: "invalid_client" })];

const none = { accent: null, background: null, surface: null, text: null };
export const brand = {
  own: {} as object,
  ours: {
    product: "Acme", logo_url: null, logo_dark_url: null, mode: "auto", light: none, dark: none, radius: 14, font: "system", font_url: null, texts: {},
    support_email: null, support_url: null, privacy_url: null, terms_url: null,
  },
};
