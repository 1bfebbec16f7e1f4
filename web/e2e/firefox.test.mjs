// The ways into the connect page in a Firefox as people have it, where one is installed (apt-get install firefox-esr).
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { after, afterEach, before, test } from "node:test";
import { firefox } from "./firefox.mjs";
import { client, listen, start, until } from "./stack.mjs";

const path = [process.env.FIREFOX, "/usr/bin/firefox-esr", "/usr/bin/firefox", "/Applications/Firefox.app/Contents/MacOS/firefox"].find((p) => p && existsSync(p));
const skip = path ? false : "there is no Firefox: apt-get install firefox-esr";
let stack, api, saas, fox;
let users = 0;

before(async () => {
  if (skip) return;
  stack = await start();
  api = await client(stack);
  fox = await firefox(path);
  saas = await listen((req, res) => {
    const url = new URL(req.url, saas.url);
    res.writeHead(200, { "Content-Type": "text/html", ...(url.searchParams.has("coop") && { "Cross-Origin-Opener-Policy": "same-origin" }) }).end(`<!doctype html><title>Product</title><ol></ol><script>
      addEventListener("message", (e) => e.data.type === "ready" || document.querySelector("ol").insertAdjacentHTML("beforeend", "<li>" + e.data.type + " " + (e.data.authProvisionId ?? "") + "</li>"));
      const src = new URL(location).searchParams.get("frame");
      if (src) { const f = document.createElement("iframe"); f.src = src; f.style = "width:100%;height:600px"; document.body.append(f); }
    </script>`);
  });
  saas.url = `http://127.0.0.1:${saas.port}`; // another site than ours, which is localhost
});

after(async () => {
  await fox?.close();
  saas?.server.close();
  await stack?.stop();
});

afterEach(() => fox?.empty());

async function link(more = {}) {
  const user = `fox-${++users}`;
  return { user, ...(await api("POST", "/v1/connect/{p}/tokens", { external_user_id: user, allowed_origins: [saas.url], ...more })).body };
}
const accounts = async (user) => (await api("GET", `/v1/connect/{p}/accounts?external_user_id=${user}`)).body.data;
const shop = (t, more = "") => `${saas.url}/shop?frame=${encodeURIComponent(`${stack.env.PATCHBAY_TLS_URL}/_static/connect.html?token=${t.token}&app=acme_crm`)}${more}`;
const connectPage = (url) => url.startsWith(`${stack.env.PATCHBAY_TLS_URL}/_static/connect.html`);
const provider = (url) => url.startsWith(`${stack.env.PATCHBAY_DEMO_URL}/oauth/authorize`);

test("Firefox: a link in the same tab", { skip }, async () => {
  const t = await link({ success_redirect_uri: `${saas.url}/ok` });
  const page = await fox.open(`${t.connect_link_url}&app=acme_crm&state=s1`);
  await page.press("Continue to Acme CRM");
  await page.press("Allow access");
  const to = new URL(await until("the product's page", async () => {
    const url = await page.url().catch(() => "");
    return url.startsWith(`${saas.url}/ok`) && url;
  }));
  assert.deepEqual(Object.fromEntries(to.searchParams), { account_id: (await accounts(t.user))[0].id, state: "s1" });
});

test("Firefox: in a frame of another site, whose cookies Firefox keeps apart", { skip }, async () => {
  const t = await link();
  const page = await fox.open(shop(t));
  const frame = await fox.find(connectPage);
  await frame.press("Continue to Acme CRM");
  await (await fox.find(provider)).press("Allow access");
  await page.says("close");
  const [account] = await accounts(t.user);
  assert.deepEqual((await page.text()).match(/\b(success|error|close)\b.*/g).map((s) => s.trim()), [`success ${account.id}`, "close"]);
});

test("Firefox: a page around that cuts its windows off (COOP same-origin)", { skip }, async () => {
  const t = await link();
  const page = await fox.open(shop(t, "&coop=1"));
  const frame = await fox.find(connectPage);
  await frame.press("Continue to Acme CRM");
  // The window knows nobody who opened it, so it becomes the connect page itself.
  const other = await fox.find((url) => provider(url) || (connectPage(url) && url.includes("window=whole")));
  if (connectPage(await other.url())) await other.press("Continue to Acme CRM");
  await (await fox.find(provider)).press("Allow access");
  await page.says("close");
  assert.equal((await accounts(t.user)).length, 1);
});

test("Firefox: a refusal is said, and the link comes back with it", { skip }, async () => {
  const t = await link({ error_redirect_uri: `${saas.url}/sorry` });
  const page = await fox.open(`${t.connect_link_url}&app=acme_crm&state=s2`);
  await page.press("Continue to Acme CRM");
  await page.press("Cancel");
  await until("the product's page", async () => (await page.url().catch(() => "")).startsWith(`${saas.url}/sorry`));
  assert.match(await page.url(), /oauth_denied/);
  assert.match(await page.url(), /state=s2/);
});
