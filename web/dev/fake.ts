/* A stand-in for the API while developing (FAKE=1). It never reaches dist. It knows the shapes, not the rules. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Connect, Plugin } from "vite";
import * as d from "./data.ts";

class Refusal extends Error {
  constructor(readonly status: number, message: string, readonly code: string, readonly more: object = {}) {
    super(message);
  }
}
const missing = () => new Refusal(404, "There is no such thing here.", "not_found");

interface Call {
  method: string;
  parts: string[];
  query: URLSearchParams;
  environment: string;
  text: string;
}

let signedIn = true;
const session = () => ({
  member: { id: "mem_1", email: "admin@patchbay.example", name: "Robin Admin" }, workspace: { id: "ws_1", name: "Acme Inc." },
  base_url: "http://localhost:8080", tls_url: "https://localhost:8081", demo_url: "http://localhost:8082",
});

/** Pages by position; the cursor is the index of the next item. */
function page<T>(all: T[], q: URLSearchParams) {
  const from = Number(q.get("after") ?? 0);
  const to = from + Number(q.get("limit") ?? 20);
  const data = all.slice(from, to);
  return { data, page_info: { total_count: all.length, count: data.length, start_cursor: data.length ? String(from) : null, end_cursor: to < all.length ? String(to) : null } };
}

function connect(c: Call): unknown {
  const [, project = "", noun, key, sub] = c.parts;
  const body = () => JSON.parse(c.text || "{}") as never;
  if (project === "apps") {
    const q = (c.query.get("q") ?? "").toLowerCase();
    if (noun) {
      const found = d.apps.find((a) => a.name_slug === noun || a.id === noun);
      if (!found) throw missing();
      return { data: found };
    }
    const wanted = c.query.getAll("category_ids").flatMap((v) => v.split(","));
    const hits = d.apps.filter((a) => a.name.toLowerCase().includes(q) && (!wanted.length || a.categories.some((n) => wanted.includes(`appcat_${n.replaceAll("_", "")}`))));
    return page(c.query.get("sort_key") === "name" ? [...hits].sort((a, b) => a.name.localeCompare(b.name)) : hits, c.query);
  }
  if (project === "app_categories") return d.categories;
  if (project === "projects") {
    if (c.method === "POST") {
      const p = { updated_at: new Date().toISOString(), id: d.id("proj").replace("proj_", "proj_"), app_name: null, support_email: null, connect_require_key_auth_test: false, workflows_in_production: false, proxy_allowed_hosts: [], proxy_log_bodies: false, action_log_values: false, run_keep_days: 0, run_keep_mb: 0, event_keep_days: 0, log_keep_days: 0, log_redactions: [], development_users: -1, error_workflow_id: null, ...(body() as { name: string }) };
      d.projects.push(p);
      return p;
    }
    if (!noun) return page(d.projects, c.query);
    const p = d.projects.find((x) => x.id === noun);
    if (!p) throw missing();
    return c.method === "PATCH" ? Object.assign(p, body() as object) : p;
  }
  const full = project === "proj_acme1";
  if (noun === "tokens") {
    const user = (body() as { external_user_id: string }).external_user_id;
    setTimeout(() => d.accounts.unshift(d.account(user, d.apps[0]!)), 7_000);
    return { token: "ctok_0123456789abcdef0123456789abcdef", expires_at: d.ago(-14_400), connect_link_url: "http://localhost:8080/connect/ctok_0123456789abcdef0123456789abcdef?token=x&connectLink=true" };
  }
  if (noun === "users") {
    if (key && c.method === "DELETE" && !sub) {
      const i = d.users.findIndex((u) => u.external_id === key);
      if (i < 0) throw missing();
      d.users.splice(i, 1);
      return undefined;
    }
    return page(full ? d.users.filter((u) => u.external_id.includes(c.query.get("q") ?? "")) : [], c.query);
  }
  if (noun === "oauth_apps") return oauthApps(c, full);
  if (noun === "app_overrides") return appOverrides(c, full);
  if (noun === "accounts") {
    if (key) {
      const i = d.accounts.findIndex((a) => a.id === key);
      if (i < 0) throw missing();
      if (sub === "health") return d.health(d.accounts[i]!);
      return c.method === "DELETE" ? void d.accounts.splice(i, 1) : d.accounts[i];
    }
    const { user, app, state } = { user: c.query.get("external_user_id"), app: c.query.get("app"), state: c.query.get("state") };
    return page(full ? d.accounts.filter((a) => (!user || a.external_id === user) && (!app || a.app.name_slug === app) && (!state || state === (a.dead ? "dead" : a.healthy ? "healthy" : "degraded"))) : [], c.query);
  }
  if (noun === "webhook") {
    const at = `${project} ${c.environment}`;
    const now = Math.floor(Date.now() / 1000);
    if (key) return { data: { ...d.webhooks[at], updated_at: now, signing_key: "9f".repeat(32) } };
    if (c.method === "DELETE") return void delete d.webhooks[at];
    if (c.method === "PUT") {
      const { url } = body() as { url: string };
      if (url.includes("10.0.")) throw new Refusal(422, "This address leads into a private network.", "blocked_address", { url });
      const old = d.webhooks[at];
      const w = { id: d.id("whk"), created_at: now, signing_key_set: true, ...old, url, updated_at: now, changed_at: new Date().toISOString() };
      d.webhooks[at] = w;
      return { data: old ? w : { ...w, signing_key: "5b".repeat(32) } };
    }
    return { data: d.webhooks[at] ?? null };
  }
  throw missing();
}

function appOverrides(c: Call, full: boolean): unknown {
  const key = c.parts[3];
  const b = JSON.parse(c.text || "{}") as { app?: string; name?: string; oauth_app_id?: string | null; cfmap?: Record<string, string> };
  if (!key && c.method === "POST") {
    if (d.appOverrides.some((o) => o.name === b.name)) throw new Refusal(400, "There is an app override with this name already.", "app_override_name");
    const made = d.appOverride(d.apps.find((a) => a.name_slug === b.app)!, b.name ?? "", b.cfmap ?? {}, b.oauth_app_id ?? null);
    d.appOverrides.unshift(made);
    return made;
  }
  if (!key) return page(full ? d.appOverrides.filter((o) => !c.query.get("app") || o.app.name_slug === c.query.get("app")) : [], c.query);
  const o = d.appOverrides.find((x) => x.id === key);
  if (!o) throw missing();
  if (c.method === "PUT") return Object.assign(o, b);
  if (c.method !== "DELETE") return o;
  return void d.appOverrides.splice(d.appOverrides.indexOf(o), 1);
}

function oauthApps(c: Call, full: boolean): unknown {
  const key = c.parts[3];
  const b = JSON.parse(c.text || "{}") as { app?: string; name?: string; client_id?: string; scopes?: string[] };
  const given = { ...(b.name && { name: b.name }), ...(b.client_id && { client_id: b.client_id }), ...(b.scopes?.length && { scopes: b.scopes }) };
  if (!key && c.method === "POST") {
    const app = d.apps.find((a) => a.name_slug === b.app);
    if (app?.auth_type !== "oauth") throw new Refusal(400, "This app is not connected by OAuth, so it takes no client.", "not_oauth");
    if (b.client_id === "taken") throw new Refusal(409, "The project has this client already.", "conflict");
    const made = d.oauthClient(app, { created_at: d.ago(0), ...given });
    d.oauthClients.unshift(made);
    return made;
  }
  const [app, q] = ["app", "q"].map((k) => (c.query.get(k) ?? "").toLowerCase());
  if (!key) return page(full ? d.oauthClients.filter((o) => (!app || o.name_slug === app) && o.name.toLowerCase().includes(q ?? "")) : [], c.query);
  const o = d.oauthClients.find((x) => x.id === key);
  if (!o) throw missing();
  if (c.method === "PUT") return Object.assign(o, given);
  if (c.parts[4] === "test") {
    const said = (check: string, verdict: string, status: number, code: string | null, message: string) => ({ check, verdict, status, code, message });
    return {
      redirect_uri: o.redirect_uri,
      checks: [
        said("authorize", "wrong_redirect_uri", 400, "redirect_uri_mismatch", "The provider does not accept the redirect URI. Register it there, letter by letter."),
        said("secret", "wrong_client", 401, "invalid_client", "The provider does not take the secret for this client id."),
        said("previous_secret", "ok", 400, "invalid_grant", "The provider takes the client id and the secret."),
      ],
    };
  }
  if (c.parts[4] === "previous_secret") return void Object.assign(o.secret, { previous: null });
  if (c.method !== "DELETE") return o;
  if (o.name_slug === "brightdesk") throw new Refusal(400, "Accounts were made with this OAuth client. Delete them first.", "oauth_app_in_use");
  return void d.oauthClients.splice(d.oauthClients.indexOf(o), 1);
}

function inProject(c: Call): unknown {
  const [, project, noun, key, verb] = c.parts;
  const full = project === "proj_acme1";
  if (noun === "runs") {
    if (key) {
      const run = d.runs.find((r) => r.id === key);
      if (!run) throw missing();
      return { run, input: { method: "POST", path: "/", headers: { "content-type": "application/json" }, body: { kind: "new", email: "ada@example.com" } }, steps: d.steps(run) };
    }
    const [status, wf, user] = ["status", "workflow_id", "external_user_id"].map((k) => c.query.get(k));
    return page(full ? d.runs.filter((r) => (!status || r.status === status) && (!wf || r.workflow_id === wf) && (!user || r.external_user_id === user)) : [], c.query);
  }
  if (noun === "brand") {
    const b = JSON.parse(c.text || "{}") as { product?: string };
    if (c.method === "PUT" && !key && c.query.get("dry_run") !== "true") d.brand.own = b;
    const own = c.method === "PUT" ? b : d.brand.own;
    const set = Object.fromEntries(Object.entries(own).filter(([, v]) => v !== null));
    return { settings: own, brand: { ...d.brand.ours, ...set }, files: [], warnings: [], updated_at: null };
  }
  if (noun === "connect_domain") return { data: null };
  if (noun === "connect_sessions") return key === "funnel" ? { total: { opened: 0 }, apps: [], days: [], codes: [] } : page([], c.query);
  if (noun === "requests") {
    if (key) {
      const request = d.requests.find((x) => x.id === key);
      if (!request) throw missing();
      return { request, request_body: { type: "application/json", text: '{"name":"Ada","token":"[redacted]"}', omitted: "" }, response_body: { type: "image/png", text: "", omitted: "not_text" } };
    }
    const [status, account] = [c.query.get("status") ?? "", c.query.get("account_id")];
    return page(full ? d.requests.filter((x) => String(x.status).startsWith(status.replaceAll("x", "")) && (!account || x.account_id === account)) : [], c.query);
  }
  if (noun === "deliveries") {
    if (key) {
      const delivery = d.deliveries.find((x) => x.id === key);
      if (!delivery) throw missing();
      if (verb === "retry") return Object.assign(delivery, { state: "pending", next_attempt_at: d.ago(0) });
      return { delivery, payload: JSON.stringify({ event: delivery.event_type, environment: c.environment, connect_token: "ctok_…", account: { id: delivery.subject_id } }), attempts: d.attempts(delivery) };
    }
    const [state, type, user] = ["state", "event_type", "external_user_id"].map((k) => c.query.get(k));
    return page(full ? d.deliveries.filter((x) => (!state || x.state === state) && (!type || x.event_type === type) && (!user || x.external_user_id === user)) : [], c.query);
  }
  if (noun === "dead_letters") {
    const dead = full ? d.deliveries.filter((x) => x.state === "exhausted") : [];
    if (key === "export") return dead.map((x) => JSON.stringify(x)).join("\n");
    if (key !== "discard") return page(dead, c.query);
    for (const x of dead) x.state = "discarded";
    return { discarded: dead.length, more: false };
  }
  if (noun === "replays") {
    if (key === "count") return { total: 120 };
    const replay = { id: "rpl_1", status: verb === "pause" ? "paused" : verb === "cancel" ? "cancelled" : "running", filter: {}, to_endpoint_id: null, again: false, rate: 50, total: 120, done: 48, queued: 47, created_at: d.ago(3), finished_at: verb === "cancel" ? d.ago(0) : null };
    return key || c.method === "POST" ? replay : page([], c.query);
  }
  if (noun === "workflows") {
    if (!key && c.method === "GET") return page(full ? d.workflows : [], c.query);
    if (!key) {
      if (!c.text.includes("steps")) throw new Refusal(400, "The definition has no steps.", "definition_invalid", { path: "/steps", line: 4 });
      const w = d.workflow(/name: *(.*)/.exec(c.text)?.[1] ?? "New", { version: 0, active: false, draft_differs: true });
      if (c.text.includes("bearer")) w.endpoint = { ...w.endpoint, auth: "bearer" };
      d.workflows.unshift(w);
      return w.endpoint.auth === "bearer" ? { ...w, endpoint: { ...w.endpoint, bearer_token: "pbw_7f3kq0c9s2x8m4v6b1n5" } } : w;
    }
    const w = d.workflows.find((x) => x.id === key);
    if (!w) throw missing();
    if (verb === "deploy") return Object.assign(w, { active: true, version: w.draft_differs ? w.version + 1 : w.version, draft_differs: false });
    if (verb === "disable") return Object.assign(w, { active: false });
    if (verb === "regenerate_bearer_token") return { ...w, endpoint: { ...w.endpoint, bearer_token: "pbw_new7f3kq0c9s2x8m4v6b1" } };
    if (c.method === "DELETE") return void d.workflows.splice(d.workflows.indexOf(w), 1);
    if (c.method === "PUT") return Object.assign(w, { draft_differs: true, updated_at: d.ago(0) });
    return w;
  }
  throw missing();
}

function clients(c: Call): unknown {
  if (c.method === "POST") {
    if (c.parts[2] === "rotate_secret") return { ...d.clients.find((x) => x.id === c.parts[1]), previous_secret_until: d.ago(-86_400), secret: "pbs_9d2m4k7x0c8v5b3n1q6w" };
    const made = { ...d.clients[0]!, id: d.id("cli"), created_at: d.ago(0), last_used_at: null, ...(JSON.parse(c.text) as { name: string; scopes: string[] }) };
    d.clients.unshift(made);
    return { ...made, secret: "pbs_9d2m4k7x0c8v5b3n1q6w" };
  }
  if (c.method === "DELETE") return void d.clients.splice(d.clients.findIndex((x) => x.id === c.parts[1]), 1);
  return { data: d.clients };
}

function console_(c: Call): unknown {
  if (c.method === "DELETE") return void (signedIn = false);
  if (c.method === "POST") {
    if (!c.text.includes('"patchbay"')) throw new Refusal(401, "The e-mail or the password is wrong.", "sign_in");
    signedIn = true;
  }
  if (!signedIn) throw new Refusal(401, "Sign in first.", "unauthenticated");
  return c.parts.at(-1) === "about" ? { code: "isolated", code_why: "", mail_domain: "" } : session();
}

function answer(c: Call): unknown {
  if (c.parts[0] === "console") return console_(c);
  if (!signedIn) throw new Refusal(401, "Sign in first.", "unauthenticated");
  const v1 = { ...c, parts: c.parts.slice(1) };
  if (v1.parts.includes("proj_broken")) throw new Refusal(500, "Something went wrong on our side.", "internal");
  switch (v1.parts[0]) {
    case "connect": return connect(v1);
    case "projects": return inProject(v1);
    case "clients": return clients(v1);
    case "scopes": return { data: d.scopes };
    case "api_keys": return c.method === "POST" ? { ...d.apiKeys[0]!, ...(JSON.parse(c.text) as { name: string }), key: "pbk_7Kq2VbYdT0aLw9sXcR3mN8hEuGfJ1pQzKi5vB0nM2x" } : { data: d.apiKeys };
    default: throw missing();
  }
}

async function text(req: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const c of req) chunks.push(c as Buffer);
  return Buffer.concat(chunks).toString();
}

const handle: Connect.NextHandleFunction = (req, res: ServerResponse, next) => {
  const url = new URL(req.url ?? "/", "http://x");
  if (!url.pathname.startsWith("/v1/") && !url.pathname.startsWith("/console/")) {
    res.setHeader("content-security-policy", process.env.CSP ?? "");
    return next();
  }
  void text(req).then((body) => {
    res.setHeader("content-type", "application/json");
    try {
      const out = answer({ method: req.method ?? "GET", parts: url.pathname.slice(1).split("/").map(decodeURIComponent), query: url.searchParams, environment: String(req.headers["x-pd-environment"] ?? ""), text: body });
      res.statusCode = out === undefined ? 204 : 200;
      res.end(out === undefined ? undefined : JSON.stringify(out));
    } catch (e) {
      const r = e instanceof Refusal ? e : new Refusal(500, String(e), "fake");
      res.statusCode = r.status;
      res.end(JSON.stringify({ error: r.message, code: r.code, details: { request_id: d.id("req"), ...r.more } }));
    }
  });
};

export function fake(): Plugin {
  return {
    name: "patchbay-fake",
    configureServer: (s) => void s.middlewares.use(handle),
    configurePreviewServer: (s) => void s.middlewares.use(handle),
  };
}
