import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { allow, browser, client, listen, sink, start, until } from "./stack.mjs";

let stack, api, hook, saas, chrome;

before(async () => {
  stack = await start();
  api = await client(stack);
  hook = await sink();
  chrome = await browser();
  // A pretend SaaS: its page opens the connect page in an iframe, as the browser SDK does.
  saas = await listen(async (req, res) => {
    if (req.url.startsWith("/token")) {
      const t = await api("POST", "/v1/connect/{p}/tokens", { external_user_id: "ada", allowed_origins: [saas.url], webhook_uri: hook.url });
      res.writeHead(200, { "Content-Type": "application/json" }).end(JSON.stringify(t.body));
      return;
    }
    res.writeHead(200, { "Content-Type": "text/html", "Cross-Origin-Opener-Policy": "same-origin-allow-popups" }).end(`<!doctype html><title>Pretend SaaS</title>
      <h1>Pretend SaaS</h1><button>Connect your CRM</button><ol></ol><script>
      document.querySelector("button").onclick = async () => {
        const { token } = await (await fetch("/token")).json();
        const frame = document.createElement("iframe");
        frame.src = "${stack.env.PATCHBAY_TLS_URL}/_static/connect.html?token=" + token + "&app=acme_crm";
        frame.style = "position:fixed;inset:0;width:100%;height:100%;border:0";
        addEventListener("message", (e) => {
          if (e.data.type === "ready") return;
          document.querySelector("ol").insertAdjacentHTML("beforeend", "<li>" + e.data.type + " " + (e.data.authProvisionId ?? "") + "</li>");
          if (e.data.type === "close") frame.remove();
        });
        document.body.append(frame);
      };</script>`);
  });
});

after(async () => {
  await chrome?.browser.close();
  saas?.server.close();
  hook?.server.close();
  const code = await stack?.stop();
  assert.equal(code, 0, "Ctrl-C ends the program cleanly");
});

test("a user connects an account on a SaaS page, a workflow acts for them, and signed webhooks tell of it", async () => {
  const set = await api("PUT", "/v1/connect/{p}/webhook", { url: hook.url });
  hook.key = set.body.data.signing_key;
  assert.match(hook.key, /^[0-9a-f]{64}$/);

  const page = await chrome.context.newPage();
  await page.goto(saas.url);
  await page.getByRole("button", { name: "Connect your CRM" }).click();
  const frame = page.frameLocator("iframe");
  await frame.getByRole("heading", { name: "My SaaS wants to connect to your Acme CRM account" }).waitFor();
  const [popup] = await Promise.all([page.waitForEvent("popup"), frame.getByRole("button", { name: "Continue to Acme CRM" }).click()]);
  const seen = frame.getByRole("heading", { name: "Connected" }).waitFor(); // it stands there for a moment only
  await Promise.all([seen, allow(popup)]);
  await page.locator("li", { hasText: "close" }).waitFor();
  assert.equal(await page.locator("iframe").count(), 0, "the page asked to be closed");
  const told = await page.locator("li").allTextContents();
  assert.match(told[0], /^success apn_/);

  const accounts = await api("GET", "/v1/connect/{p}/accounts?external_user_id=ada");
  const account = accounts.body.data[0];
  assert.equal(account.id, told[0].split(" ")[1]);
  assert.equal(account.name, "Ada Lovelace");
  assert.equal(account.healthy, true);

  const event = await until("the connection webhook", () => hook.got[0]);
  assert.equal(event.body.event, "CONNECTION_SUCCESS");
  assert.equal(event.body.account.id, account.id);
  assert.equal(event.headers["x-pd-environment"], "development");

  const flow = await api("POST", "/v1/projects/{p}/workflows", {
    name: "New contact", triggers: [{ type: "http", auth: "oauth" }],
    steps: [
      { name: "only_named", type: "filter", if: "{{ trigger.body.name != nil }}" },
      { name: "create", type: "http_request", account: { of: "user", app: "acme_crm" }, method: "POST", url: "/api/contacts", body: { name: "{{ trigger.body.name }}" } },
      { name: "answer", type: "respond", status: 201, body: { id: "{{ steps.create.body.id }}" } },
    ],
  });
  assert.equal(flow.status, 201);
  assert.equal((await api("POST", `/v1/projects/{p}/workflows/${flow.body.id}/deploy`)).body.version, 1);
  const run = await api("POST", flow.body.endpoint.url, { name: "Charles Wheatstone" }, { "x-pd-external-user-id": "ada" });
  assert.equal(run.status, 201);
  assert.match(run.body.id, /^con_/);
  await page.goto(stack.env.PATCHBAY_DEMO_URL);
  await page.getByText("Charles Wheatstone").waitFor();

  const trigger = await api("POST", "/v1/connect/{p}/triggers/deploy", { id: "http-new-requests", external_user_id: "ada" });
  await api("POST", trigger.body.data.endpoint_url, { order: 7 });
  const emitted = await until("the trigger's webhook", () => hook.got.find((g) => g.headers["x-pd-emitter-id"] === trigger.body.data.id));
  assert.deepEqual(emitted.body.body, { order: 7 });
  await page.close();
});

test("the console shows what happened", async () => {
  const page = await chrome.context.newPage();
  const errors = [];
  page.on("pageerror", (e) => errors.push(e.message));
  await page.goto(stack.signIn);
  await page.getByRole("heading", { name: "Overview" }).waitFor();
  await page.getByRole("link", { name: "Accounts", exact: true }).click();
  await page.getByText("Ada Lovelace").first().waitFor();
  await page.getByRole("link", { name: "Runs", exact: true }).click();
  await page.getByText("New contact").first().click();
  await page.getByText("only_named").first().waitFor();
  await page.getByText("create").first().waitFor();
  if (process.env.PICTURE) await page.screenshot({ path: process.env.PICTURE });
  await page.getByRole("link", { name: "Deliveries", exact: true }).click();
  await page.getByText("CONNECTION_SUCCESS").first().waitFor();
  const again = await page.request.get(stack.signIn, { maxRedirects: 0 });
  assert.match(again.headers().location, /reason=link/, "the sign-in link works once");
  assert.deepEqual(errors, []);
  await page.close();
});

test("a connect link works in one tab, and says where it was denied", async () => {
  const link = async (user) => (await api("POST", "/v1/connect/{p}/tokens", {
    external_user_id: user, success_redirect_uri: `${saas.url}/ok?x=1`, error_redirect_uri: `${saas.url}/sorry`, webhook_uri: hook.url,
  })).body;
  const page = await chrome.context.newPage();
  const first = await link("grace");
  await page.goto(`${first.connect_link_url}&app=acme_crm`);
  await page.getByRole("button", { name: "Continue to Acme CRM" }).click();
  await page.getByRole("button", { name: "Cancel" }).click();
  await page.waitForURL(/\/sorry\?/);
  assert.equal(new URL(page.url()).searchParams.get("error_code"), "oauth_denied");
  const error = await until("the error webhook", () => hook.got.find((g) => g.body.event === "CONNECTION_ERROR"));
  assert.equal(error.body.error_code, "oauth_denied");
  assert.equal(error.body.connect_token, first.token);

  await page.goto(`${first.connect_link_url}&app=acme_crm`);
  await page.getByRole("button", { name: "Continue to Acme CRM" }).click();
  await page.getByText("Grace Hopper").click();
  await page.getByRole("button", { name: "Allow access" }).click();
  await page.waitForURL(/\/ok\?/);
  const to = new URL(page.url());
  assert.equal(to.searchParams.get("x"), "1");
  const account = await api("GET", `/v1/connect/{p}/accounts/${to.searchParams.get("account_id")}`);
  assert.equal(account.body.name, "Grace Hopper");

  await page.goto(`${first.connect_link_url}&app=acme_crm`);
  await page.getByText("This link has expired. Please request a new one from the app developer.").waitFor();
  await page.close();
});

test("keys are entered in a form, and wrong ones are not saved when the project tests them", async () => {
  await api("PATCH", "/v1/connect/projects/{p}", { connect_require_key_auth_test: true });
  const token = (await api("POST", "/v1/connect/{p}/tokens", { external_user_id: "keyed" })).body;
  const page = await chrome.context.newPage();
  await page.setViewportSize({ width: 320, height: 640 });
  await page.goto(`${token.connect_link_url}&app=acme_crm_key`);
  await page.getByLabel("API key", { exact: true }).fill("acme_0000");
  await page.getByRole("button", { name: "Connect" }).click();
  await page.getByText("Test request failed. Please verify your credentials and try again.").waitFor();
  assert.equal((await api("GET", "/v1/connect/{p}/accounts?external_user_id=keyed")).body.data.length, 0);
  await page.getByLabel("API key", { exact: true }).fill("acme_demo_key_ada");
  await page.getByRole("button", { name: "Connect" }).click();
  await page.getByRole("heading", { name: "Connected" }).waitFor();
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(wide <= 320, `the page is ${wide} px wide at 320`);
  assert.equal((await api("GET", "/v1/connect/{p}/accounts?external_user_id=keyed")).body.data[0].app.name_slug, "acme_crm_key");
  await page.close();
});

test("the walk in the README works as it stands", async () => {
  const readme = readFileSync(resolve(import.meta.dirname, "../../README.md"), "utf8");
  const script = readme.match(/```sh walk\n(.*?)```/s)[1];
  assert.ok(script.trim().split("\n").length < 25, "it is short");
  writeFileSync(join(stack.folder, "walk.sh"), script);
  const { stdout } = await promisify(execFile)("sh", ["walk.sh"], { cwd: stack.folder });
  const parts = stdout.split(/^\d\. /m).slice(1);
  assert.equal(parts.length, 8, stdout);
  assert.match(parts[0], /"endpoint_url":"http/);
  assert.match(parts[1], /"token":"ctok_/);
  assert.match(parts[2], /Your Acme CRM account is connected to My SaaS/);
  assert.match(parts[3], /"external_id":"ada"/);
  assert.match(parts[4], /"version":1/);
  assert.match(parts[5], /"name":"Charles Babbage"/);
  assert.match(parts[6], /"status":"succeeded"/);
  assert.match(parts[7], /CONNECTION_SUCCESS/);
});
