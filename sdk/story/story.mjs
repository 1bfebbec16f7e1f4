// The story of all libraries in TypeScript: node story.mjs, with the environment that libraries.test.mjs gives it.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { NotFoundError, PatchbayClient, UnauthorizedError, verifyWebhook, WebhookError } from "@patchbay/sdk";

const steps = JSON.parse(readFileSync(new URL("steps.json", import.meta.url), "utf8"));
let done = 0;
const step = (name) => {
  assert.equal(name, steps[done++]);
  console.log(`ok ${name}`);
};

const user = process.env.STORY_USER;
const client = new PatchbayClient();

const refused = await new PatchbayClient({ clientId: process.env.PATCHBAY_CLIENT_ID, clientSecret: "pbs_wrong" }).accounts.list().catch((e) => e);
assert.ok(refused instanceof UnauthorizedError && refused.status === 401 && refused.code && refused.requestId, refused);
step("a wrong secret is refused");

const project = await client.projects.retrieve(process.env.PATCHBAY_PROJECT_ID);
assert.equal(project.id, process.env.PATCHBAY_PROJECT_ID);
step("the project is there");

const slugs = [];
for await (const app of client.apps.list({ q: "acme", limit: 1 })) slugs.push(app.nameSlug);
assert.ok(slugs.length > 1 && slugs.includes("acme_crm_key") && new Set(slugs).size === slugs.length, slugs.join());
step("apps are gone through page by page");

const app = (await client.apps.retrieve("acme_crm_key")).data;
assert.deepEqual([app.nameSlug, app.authType], ["acme_crm_key", "keys"]);
step("an app is retrieved");

const token = await client.tokens.create({ externalUserId: user, expiresIn: 600 });
assert.ok(token.token.startsWith("ctok_") && token.expiresAt > new Date() && token.connectLinkUrl.includes("?"), JSON.stringify(token));
step("a connect token is made for the user");

const valid = await client.tokens.validate(token.token, { appId: "acme_crm_key" });
assert.deepEqual([valid.success, valid.projectId], [true, project.id]);
step("the token is valid");

const connect = (connectToken, name) => client.accounts.create({ appSlug: "acme_crm_key", cfmapJson: JSON.stringify({ api_key: "acme_demo_key_ada" }), connectToken, name });
const account = await connect(token.token, "First");
assert.ok(account.id.startsWith("apn_") && account.healthy && account.externalId === user && account.createdAt instanceof Date, JSON.stringify(account));
step("an account is connected with it");

const second = await connect((await client.tokens.create({ externalUserId: user })).token, "Second");
assert.notEqual(second.id, account.id);
step("another account is connected");

const first = await client.accounts.list({ externalUserId: user, limit: 1 });
assert.deepEqual([first.data.length, first.hasNextPage()], [1, true]);
const ids = [];
for await (const a of first) ids.push(a.id);
assert.deepEqual(ids.sort(), [account.id, second.id].sort());
step("accounts are gone through page by page");

assert.equal((await client.accounts.retrieve(account.id)).name, "First");
step("an account is retrieved");

assert.equal((await client.accounts.listByExternalUser(user)).length, 2);
step("the user's accounts are listed");

assert.deepEqual((await client.users.list({ q: user })).data.map((u) => u.externalId), [user]);
step("the user is found");

const missing = await client.accounts.retrieve("apn_0").catch((e) => e);
assert.ok(missing instanceof NotFoundError && missing.code === "account_not_found" && missing.requestId, missing);
step("an account that is not there is not found");

const at = { externalUserId: user, accountId: account.id };
assert.equal((await client.proxy.get({ ...at, url: "/api/contacts", params: { limit: 2 } })).data.length, 2);
step("the proxy reads at the app");

const contact = await client.proxy.post({ ...at, url: "/api/contacts", body: { name: "Story of TypeScript" } });
assert.equal(contact.name, "Story of TypeScript");
step("the proxy writes at the app");

const streamed = await client.proxy.stream("GET", { ...at, url: "/api/contacts", params: { limit: 100 } });
let bytes = "";
for await (const chunk of streamed.body.pipeThrough(new TextDecoderStream())) bytes += chunk;
assert.ok(bytes.includes(contact.id));
step("the proxy streams");

const upstream = await client.proxy.get({ ...at, url: "/api/nothing" }).catch((e) => e);
assert.ok(upstream instanceof NotFoundError && upstream.status === 404, upstream);
step("an app's refusal is told");

const actions = (await client.actions.list({ app: "acme_crm_key" })).data.map((a) => a.key);
assert.ok(actions.includes("acme-crm-key-list-contacts"));
const props = (await client.actions.retrieve("acme-crm-key-add-note")).data.configurableProps;
assert.ok(props.some((p) => p.name === "contact_id" && p.remoteOptions));
step("actions are listed and retrieved");

const app_prop = { acme_crm_key: { authProvisionId: account.id } };
const asked = await client.actions.configureProp({ id: "acme-crm-key-add-note", externalUserId: user, propName: "contact_id", configuredProps: app_prop });
assert.ok(asked.options.length > 0 && asked.errors.length === 0, JSON.stringify(asked));
step("the options of a prop are asked for");

const run = { id: "acme-crm-key-list-contacts", externalUserId: user, configuredProps: { ...app_prop, limit: 2 } };
const outcome = await client.actions.run(run);
assert.deepEqual([outcome.ret.length, outcome.exports.$summary], [2, "Found 2 contacts"]);
step("an action is run");

const keyed = { idempotencyKey: `key-${user}` };
assert.equal((await client.actions.run(run, keyed)).runId, (await client.actions.run(run, keyed)).runId);
step("a run that is repeated with its key is done once");

let heard;
const event = new Promise((ok) => (heard = ok));
const hook = createServer(async (req, res) => {
  const chunks = [];
  for await (const chunk of req) chunks.push(chunk);
  heard({ headers: req.headers, body: Buffer.concat(chunks) });
  res.writeHead(204).end();
});
await new Promise((ok) => hook.listen(0, "127.0.0.1", ok));
const trigger = (await client.triggers.deploy({ id: "http-new-requests", externalUserId: user, webhookUrl: `http://localhost:${hook.address().port}/hook` })).data;
assert.ok(trigger.endpointUrl && trigger.webhookSigningKey, JSON.stringify(trigger));
step("a trigger is deployed");

await fetch(trigger.endpointUrl, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ order: 7 }) });
const { headers, body } = await event;
const verified = await verifyWebhook({ headers, body, secret: trigger.webhookSigningKey });
assert.deepEqual([verified.type, verified.body.body], ["trigger.emitted", { order: 7 }]);
step("its event arrives, signed");

const changed = await verifyWebhook({ headers, body: `${body} `, secret: trigger.webhookSigningKey }).catch((e) => e);
assert.ok(changed instanceof WebhookError && changed.code === "wrong_signature", changed);
step("an event that was changed on the way is refused");

const deployed = (await client.deployedTriggers.list({ externalUserId: user, emitterType: "http" })).data;
assert.deepEqual(deployed.map((d) => d.id), [trigger.id]);
assert.equal((await client.deployedTriggers.update(trigger.id, { externalUserId: user, active: false })).data.active, false);
step("the deployed trigger is listed and changed");

const flow = await client.request("POST", "/v1/projects/{project_id}/workflows", {
  name: `Story ${user}`, triggers: [{ type: "http", auth: "oauth" }],
  steps: [
    { name: "read", type: "http_request", account: { of: "user", app: "acme_crm_key" }, method: "GET", url: "/api/contacts" },
    { name: "answer", type: "respond", status: 201, body: { found: "{{ len(steps.read.body.data) }}", said: "{{ trigger.body.said }}" } },
  ],
});
await client.request("POST", `/v1/projects/{project_id}/workflows/${flow.id}/deploy`);
const answered = await client.workflows.invokeForExternalUser({ urlOrEndpoint: flow.endpoint.url, externalUserId: user, body: { said: "hello" }, headers: { "x-patchbay-account-map": `acme_crm_key=${account.id}` } });
assert.deepEqual([answered.status, answered.body.said, answered.body.found > 0], [201, "hello", true], JSON.stringify(answered));
step("a workflow is invoked for the user");

const flaky = new PatchbayClient({ baseUrl: process.env.STORY_FLAKY_URL, clientId: "cli_flaky", clientSecret: "pbs_flaky" });
assert.deepEqual((await flaky.users.list()).data.map((u) => u.externalId), ["patient"]);
step("what fails in passing is tried again, and a token that is refused is replaced");

const file = await client.fileStash.upload({ externalUserId: user, path: "story.txt", contentType: "text/plain" }, "once upon a time");
assert.equal(new TextDecoder().decode(await (await client.fileStash.downloadFile({ s3Key: file.s3Key })).bytes()), "once upon a time");
step("a file goes up and comes down");

const now = Math.floor(Date.now() / 1000);
const usage = (await client.usage.list({ startTs: now - 86_400, endTs: now })).data;
assert.ok(usage.length > 0 && Number.isInteger(usage[0].creditsUsed), JSON.stringify(usage));
step("usage is listed");

await client.users.deleteExternalUser(user);
assert.deepEqual((await client.accounts.list({ externalUserId: user })).data, []);
step("the user is deleted with all that they had");

hook.closeAllConnections();
hook.close();
assert.equal(done, steps.length);
