// What the console has to show in the tests of its pages: a little of
// everything, under names that want to be code.
import { until } from "./stack.mjs";
import { toolServer } from "./toolserver.mjs";

export const evil = `"><img src=x onerror="window.pwned=1"><script>window.pwned=1</script>'`;

/** Fills the development environment. saas is a site that users come from; hook answers webhooks. */
export async function fill({ api, stack, chrome, hook, saas }) {
  const did = async (want, ...call) => {
    const r = await api(...call);
    if (![want].flat().includes(r.status)) throw new Error(`${call[0]} ${call[1]}: ${r.status} ${JSON.stringify(r.body)}`);
    return r.body;
  };
  const user = `ada <${evil}>`;
  await did(200, "PATCH", "/v1/connect/projects/{p}", { app_name: evil, support_email: "help@example.com" });
  await did([200, 201], "POST", "/v1/connect/projects", { name: evil });
  await did(200, "PUT", "/v1/connect/{p}/webhook", { url: `${hook.url}/${encodeURIComponent(evil)}?q=<script>window.pwned=1</script>` });
  await did(201, "POST", "/v1/connect/{p}/app_addresses", { app: "slack", secrets: ["s3cret"], route: [{ json: "/team_id", equals: `${evil} {{ var.team_id }}` }] });
  await did(201, "POST", "/v1/connect/{p}/oauth_apps", { app: "zendesk", name: evil, client_id: evil, client_secret: "s3cret" });
  await did(201, "POST", "/v1/connect/{p}/app_overrides", { app: "zendesk", name: evil, cfmap: { subdomain: "acme" } });
  await did([200, 201], "POST", "/v1/clients", { name: evil, scopes: ["connect:accounts:read"] });
  await did(200, "PATCH", "/v1/projects/{p}/brand", { product: evil.slice(0, 60), texts: { en: { "explain.go": evil } } });
  await did(200, "PUT", "/v1/app_files/evil_name", { source: appFile, fixtures: { "me.json": `{"status": 200, "body": {"id": "1", "name": ${JSON.stringify(evil)}}}` } });

  const remote = await toolServer([{ name: "add_note", title: evil, description: evil, inputSchema: { type: "object", properties: { text: { type: "string", description: evil } } } }]);
  await did(200, "PUT", "/v1/mcp_servers/evil_notes", { url: remote.url, auth: "none", name: "Notes" });
  remote.said.tools = [{ ...remote.said.tools[0], description: `${evil} and more` }];
  await did(200, "POST", "/v1/mcp_servers/evil_notes/look", {});

  const key = async (name) => {
    const { token } = await did(200, "POST", "/v1/connect/{p}/tokens", { external_user_id: user });
    return did(200, "POST", "/v1/connect/{p}/accounts", { app_slug: "acme_crm_key", cfmap_json: JSON.stringify({ api_key: "acme_demo_key_ada" }), connect_token: token, name }, { Authorization: `Bearer ${token}` });
  };
  const account = await key(evil), gone = await key("Taken away");
  await did(204, "DELETE", `/v1/connect/{p}/accounts/${gone.id}`);

  await did(200, "PUT", "/v1/private_components/evil-name", { app: "acme_crm_key", source: operationFile });
  await did(200, "POST", "/v1/connect/{p}/actions/run", { id: "~/evil-name", external_user_id: user, configured_props: { acme_crm_key: { authProvisionId: account.id }, name: evil } });
  await did(200, "POST", "/v1/connect/{p}/triggers/deploy", { id: "acme-crm-key-new-contact", external_user_id: user, configured_props: { acme_crm_key: { authProvisionId: account.id } } });

  // Sessions: one that came to its end, and one that its user gave up.
  const page = await chrome.context.newPage();
  const link = async () => (await did(200, "POST", "/v1/connect/{p}/tokens", { external_user_id: user, allowed_origins: [saas.url] })).connect_link_url;
  await page.goto(`${await link()}&app=acme_crm`);
  await page.locator(".button.main").click();
  await page.getByRole("button", { name: "Allow access" }).click();
  await page.getByRole("heading", { name: "Connected" }).waitFor();
  await page.goto(`${await link()}&app=acme_crm_key`);
  await page.getByLabel("API key", { exact: true }).fill("acme_0000");
  await page.locator(".button.main").click();
  await page.getByRole("heading", { name: "Connected" }).or(page.getByRole("alert")).first().waitFor();
  await page.close();

  const flow = await did(201, "POST", "/v1/projects/{p}/workflows", {
    name: evil, triggers: [{ type: "http", auth: "oauth" }],
    steps: [
      { name: "create", type: "http_request", account: { of: "user", app: "acme_crm" }, method: "POST", url: "/api/contacts", body: { name: "{{ trigger.body.name }}" } },
      { name: "answer", type: "respond", status: 201, body: { said: evil, id: "{{ steps.create.body.id }}" } },
    ],
  });
  await did(200, "POST", `/v1/projects/{p}/workflows/${flow.id}/deploy`);
  await did(200, "PUT", `/v1/connect/{p}/users/${encodeURIComponent(user)}/instances/${flow.id}`, { config: { [evil]: evil }, account_map: { acme_crm_key: account.id } });
  await did(200, "PUT", "/v1/projects/{p}/account_aliases/evil", { account_id: account.id });
  await api("POST", flow.endpoint.url, { name: evil }, { "x-pd-external-user-id": user });
  await api("POST", flow.endpoint.url, { name: evil }, { "x-pd-external-user-id": "nobody" });
  const trigger = await did([200, 201], "POST", "/v1/connect/{p}/triggers/deploy", { id: "http-new-requests", external_user_id: user, webhook_url: `${hook.url}/trigger` });
  await api("POST", trigger.data.endpoint_url, { note: evil });

  const through = `/v1/connect/{p}/proxy?${new URLSearchParams({ url: `/api/contacts?q=${encodeURIComponent(evil)}`, account_id: account.id, external_user_id: user })}`;
  await api("GET", through, undefined, { "x-pd-proxy-user-agent": evil });
  await api("POST", "/v1/projects/{p}/imports?format=jsonl", { external_user_id: evil, app: evil, fields: { [evil]: evil } });
  const store = await did(201, "POST", "/v1/projects/{p}/data_stores", { subject: evil });
  await did(200, "PUT", `/v1/projects/{p}/data_stores/${store.id}/records/seen`, { value: { said: evil } });
  await until("a delivery", async () => (await api("GET", "/v1/projects/{p}/deliveries")).body.data.some((d) => d.attempts > 0));
  await until("a run of an action", async () => (await api("GET", "/v1/connect/{p}/action_runs")).body.data.length > 0);
  await until("a request", async () => (await api("GET", "/v1/projects/{p}/requests")).body.data.length > 0);
}

const text = JSON.stringify(evil);
const appFile = `schema: app/v1
slug: evil_name
name: ${text}
description: ${text}
categories: [crm]
hosts:
  production: {api: '{{ instance.demo_url }}'}
auth:
  - id: api_key
    type: key
    title: ${text}
    inputs: {api_key: {kind: secret, ask: {title: ${text}, help: ${text}}}}
inject:
  default: {in: header, name: X-Acme-Key, value: '{{ input.api_key }}'}
identity: {request: {get: '{{ host.api }}/api/me'}, id: /id, name: /name}
fixtures:
  api_key: {identity: me.json}
sources: [{about: everything, url: 'https://crm.example.com/docs'}]
`;
const operationFile = `schema: operation/v1
type: action
name: ${text}
description: ${text}
version: 0.1.0
effect: {read_only: false, destructive: true, idempotent: false}
props: [{name: name, type: string, label: ${text}, description: ${text}}]
request: {post: /api/contacts, json: {name: '{{ props.name }}'}}
summary: Added {{ body.name }}
examples:
  - name: ${text}
    props: {name: Ada}
    calls: [{method: POST, url: /api/contacts, json: {name: Ada}, answer: {status: 201, json: {id: con_1, name: Ada}}}]
    returns: {id: con_1, name: Ada}
    summary: Added Ada
sources: [{about: everything, url: 'https://crm.example.com/docs'}]
`;
