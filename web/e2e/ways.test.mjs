// Every way into the connect page, and every way in which it can end badly, in
// a browser against the real program. The page around it is of another site.
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { resolve } from "node:path";
import { after, before, test } from "node:test";
import { allow, browser, client, listen, press, sink, start, until } from "./stack.mjs";

const pictures = resolve(import.meta.dirname, "../../.patchbay/screenshots/ways");
const inApp = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 Instagram 350.0.0.0";
let stack, api, hook, saas, chrome, foreign;
let users = 0;

before(async () => {
  mkdirSync(pictures, { recursive: true });
  stack = await start();
  api = await client(stack);
  hook = await sink();
  hook.key = (await api("PUT", "/v1/connect/{p}/webhook", { url: hook.url })).body.data.signing_key;
  chrome = await browser();
  // A product's page. Its address says what it opens, and how strict it is.
  saas = await listen((req, res) => {
    const url = new URL(req.url, saas.url);
    const headers = { "Content-Type": "text/html", ...(url.searchParams.has("coop") && { "Cross-Origin-Opener-Policy": "same-origin" }) };
    res.writeHead(200, headers).end(`<!doctype html><title>Product</title><h1>${url.pathname}</h1><ol></ol><script>
      addEventListener("message", (e) => {
        if (e.data.type === "ready") return;
        document.querySelector("ol").insertAdjacentHTML("beforeend", "<li>" + [e.origin, e.data.type, e.data.authProvisionId ?? e.data.code ?? ""].join(" ") + "</li>");
        if (e.data.type === "close") document.querySelector("iframe")?.remove();
      });
      const src = new URL(location).searchParams.get("frame");
      if (src) { const f = document.createElement("iframe"); f.src = src; f.style = "width:100%;height:700px"; document.body.append(f); }
    </script>`);
  });
  saas.url = `http://127.0.0.1:${saas.port}`; // another site than ours, which is localhost
  foreign = `http://foreign.localhost:${saas.port}`;
});

after(async () => {
  await faults({}).catch(() => undefined);
  await chrome?.browser.close();
  saas?.server.close();
  hook?.server.close();
  await stack?.stop();
});

const faults = (f) => fetch(`${stack.env.PATCHBAY_DEMO_URL}/__faults`, { method: "PUT", body: JSON.stringify(f) });

/** A connect token of a user who was not there before. */
async function link(more = {}, headers = {}) {
  const user = `user-${++users}`;
  const made = await api("POST", "/v1/connect/{p}/tokens", { external_user_id: user, allowed_origins: [saas.url], webhook_uri: hook.url, ...more }, headers);
  assert.equal(made.status, 200, JSON.stringify(made.body));
  return { user, ...made.body, page: (query) => `${stack.env.PATCHBAY_TLS_URL}/_static/connect.html?token=${made.body.token}&${new URLSearchParams(query)}` };
}

const accounts = async (user) => (await api("GET", `/v1/connect/{p}/accounts?external_user_id=${user}`)).body.data;
const told = (page) => page.locator("li").allTextContents();
const framed = (at, src, more = "") => `${at}/shop?frame=${encodeURIComponent(src)}${more}`;
const go = (where) => where.getByRole("button", { name: "Continue to Acme CRM" }).click();

/** A page of a browser of its own, as `change` has it; what goes wrong in it fails the story. */
async function visit(change = {}, prepare = async () => {}) {
  const context = await chrome.browser.newContext({ ignoreHTTPSErrors: true, viewport: { width: 1280, height: 860 }, ...change });
  await prepare(context);
  const page = await context.newPage();
  const wrong = [];
  context.on("weberror", (e) => wrong.push(e.error().message));
  return { page, context, async leave() { await context.close(); assert.deepEqual(wrong, []); } };
}

/** The page around heard of the account, and then that it may close the frame. */
async function closed(page, user) {
  await page.locator("li", { hasText: " close" }).waitFor();
  const [account] = await accounts(user);
  assert.deepEqual(await told(page), [`${stack.env.PATCHBAY_TLS_URL} success ${account.id}`, `${stack.env.PATCHBAY_TLS_URL} close `]);
  assert.equal(await page.locator("iframe").count(), 0);
}

test("a link in the same tab comes back to the product with the account and the state", async () => {
  const t = await link({ success_redirect_uri: `${saas.url}/ok?x=1`, error_redirect_uri: `${saas.url}/sorry` });
  const { page, leave } = await visit();
  const state = "a b&c=ü/%";
  await page.goto(`${t.connect_link_url}&app=acme_crm&state=${encodeURIComponent(state)}`);
  await go(page);
  await allow(page);
  await page.waitForURL(/\/ok\?/);
  const to = new URL(page.url());
  assert.deepEqual(Object.fromEntries(to.searchParams), { x: "1", state, account_id: (await accounts(t.user))[0].id });
  assert.equal(await page.evaluate(() => document.referrer), "", "the product does not learn the address that held the token");
  await leave();
});

test("a link that is refused comes back with the reason and the state, and can be tried again before that", async () => {
  const t = await link({ success_redirect_uri: `${saas.url}/ok`, error_redirect_uri: `${saas.url}/sorry?x=1` });
  const { page, leave } = await visit();
  await page.goto(`${t.connect_link_url}&app=acme_crm&state=s1`);
  await go(page);
  await page.getByRole("button", { name: "Cancel" }).click();
  await page.waitForURL(/\/sorry\?/);
  const got = Object.fromEntries(new URL(page.url()).searchParams);
  assert.equal(got.x, "1");
  assert.equal(got.state, "s1");
  assert.match(JSON.stringify(got), /oauth_denied/);
  await leave();
});

test("who closes a link is sent back with user_cancelled, and the product's server hears it", async () => {
  const t = await link({ success_redirect_uri: `${saas.url}/ok`, error_redirect_uri: `${saas.url}/sorry` });
  const { page, leave } = await visit();
  await page.goto(`${t.connect_link_url}&app=acme_crm&state=s2`);
  await page.getByRole("button", { name: "Close" }).click();
  await page.waitForURL(/\/sorry\?/);
  const got = new URL(page.url()).searchParams;
  assert.equal(got.get("error_code"), "user_cancelled");
  assert.equal(got.get("state"), "s2");
  const event = await until("the webhook", () => hook.got.find((g) => g.body.connect_token === t.token));
  assert.equal(event.body.event, "CONNECTION_ERROR");
  assert.equal(event.body.error_code, "user_cancelled");
  await leave();
});

test("in a frame of another site, with cookies of third parties blocked", async () => {
  const t = await link();
  const strict = await browser({ args: ["--test-third-party-cookie-phaseout"] });
  try {
    const context = await strict.browser.newContext({ ignoreHTTPSErrors: true });
    const page = await context.newPage();
    await page.goto(framed(saas.url, t.page({ app: "acme_crm" })));
    const frame = page.frameLocator("iframe");
    const kept = await frame.locator("body").evaluate(() => { document.cookie = "probe=1; SameSite=None; Secure"; return document.cookie; });
    assert.equal(kept, "", "the browser blocks no cookies");
    const [popup] = await Promise.all([page.waitForEvent("popup"), go(frame)]);
    await allow(popup);
    await closed(page, t.user);
  } finally {
    await strict.browser.close();
  }
});

test("a window that the browser holds back is opened by a link, and the frame goes on by itself", async () => {
  const t = await link();
  const { page, leave } = await visit({}, (c) => c.addInitScript(() => { window.open = () => null; }));
  await page.goto(framed(saas.url, t.page({ app: "acme_crm" })));
  const frame = page.frameLocator("iframe");
  await go(frame);
  await frame.getByRole("heading", { name: "Your browser held the window back" }).waitFor();
  await page.screenshot({ animations: "disabled", path: `${pictures}/blocked.png` });
  const [popup] = await Promise.all([page.waitForEvent("popup"), frame.getByRole("link", { name: "Open Acme CRM" }).click()]);
  await allow(popup);
  await closed(page, t.user);
  await leave();
});

test("a page around that cuts its windows off (COOP same-origin) gets its account all the same", async () => {
  const t = await link();
  const { page, context, leave } = await visit();
  await page.goto(framed(saas.url, t.page({ app: "acme_crm" }), "&coop=1"));
  const frame = page.frameLocator("iframe");
  const opened = context.waitForEvent("page");
  await go(frame);
  const other = await opened;
  // The window knows nobody who opened it: it is the connect page itself, or has gone on to the provider.
  await other.getByRole("button", { name: /Continue to Acme CRM|Allow access/ }).first().waitFor();
  if (await other.getByRole("button", { name: "Continue to Acme CRM" }).count()) await go(other);
  await allow(other);
  await closed(page, t.user);
  await leave();
});

test("the browser of another app stays in its tab, and is told what may go wrong", async () => {
  const t = await link({ success_redirect_uri: `${saas.url}/ok` });
  const { page, context, leave } = await visit({ userAgent: inApp, viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true });
  await page.goto(`${t.connect_link_url}&app=acme_crm`);
  await page.getByText("You are in the browser of another app.", { exact: false }).waitFor();
  await page.screenshot({ animations: "disabled", path: `${pictures}/in-app.png` });
  await go(page);
  await allow(page);
  await page.waitForURL(/\/ok\?/);
  assert.equal(context.pages().length, 1, "no window was opened");
  assert.equal((await accounts(t.user)).length, 1);
  await leave();
});

test("a page whose origin the token does not name neither shows the page nor hears of it", async () => {
  const { page, leave } = await visit();
  for (const [at, headers] of [[foreign, {}], [saas.url.replace("127.0.0.1", "localhost"), { "x-pd-environment": "production" }]]) {
    const t = await link({}, headers);
    const refused = page.waitForEvent("console", (m) => /frame-ancestors/.test(m.text()));
    await page.goto(framed(at, t.page({ app: "acme_crm" })));
    await refused;
    assert.equal(await page.frameLocator("iframe").getByRole("heading").count(), 0, at);
    assert.deepEqual(await told(page), [], at);
  }
  await leave();
});

test("two pages of one user do not take each other's outcome for their own", async () => {
  const a = await link(), b = await link();
  const { page, context, leave } = await visit();
  const other = await context.newPage();
  for (const [p, t] of [[page, a], [other, b]]) await p.goto(framed(saas.url, t.page({ app: "acme_crm" })));
  await page.bringToFront();
  const [popup] = await Promise.all([page.waitForEvent("popup"), go(page.frameLocator("iframe"))]);
  await allow(popup);
  await closed(page, a.user);
  await other.frameLocator("iframe").getByRole("button", { name: "Continue to Acme CRM" }).waitFor();
  assert.deepEqual(await told(other), []);
  assert.deepEqual(await accounts(b.user), []);
  await leave();
});

// What each problem says, what can be done, and what the page around hears.
const problems = {
  "a token that nobody made": { token: "ctok_00000000000000000000000000000000", says: "The Connect token is invalid. Please generate a new one and try again.", code: "connect_token_invalid" },
  "a token that was used": { used: true, says: "This link has expired. Please request a new one from the app developer.", code: "token_expired" },
  "an app that there is not": { query: { app: "no_such_app" }, says: "App not found. Please check your app id.", code: "app_not_found" },
  "an app that is not set up": { query: { app: "slack" }, says: /set up/, title: "This is not set up yet" },
  "an account that there is not": { query: { app: "acme_crm", accountId: "apn_00000000000000000000000000" }, says: /./ },
};
for (const [name, p] of Object.entries(problems)) {
  test(`a problem on the way in: ${name}`, async () => {
    const t = await link();
    const { page, leave } = await visit();
    if (p.used) {
      await page.goto(`${t.connect_link_url}&app=acme_crm`);
      await go(page);
      await allow(page);
      await page.getByRole("heading", { name: "Connected" }).waitFor();
    }
    const address = t.page(p.query ?? { app: "acme_crm" }).replace(t.token, p.token ?? t.token);
    // Who may show the page is what its token says, so one that says nothing is for a tab alone.
    await page.goto(p.token ? address : framed(saas.url, address));
    const frame = p.token ? page : page.frameLocator("iframe");
    if (p.title) await frame.getByRole("heading", { name: p.title }).waitFor();
    const alert = frame.getByRole("alert");
    await alert.waitFor();
    await until("what it says", () => alert.textContent());
    assert.match(await alert.textContent(), p.says instanceof RegExp ? p.says : new RegExp(`^${p.says.replaceAll(".", "\\.")}$`));
    await frame.getByText(/req_[0-9a-z]+/).waitFor();
    if (p.token) await page.getByText("Go back to where you came from and ask for a new link.").waitFor();
    assert.equal(await frame.getByRole("heading").evaluate((h) => h.textContent !== ""), true);
    if (p.code && !p.token) await page.locator("li", { hasText: p.code }).waitFor();
    await page.screenshot({ animations: "disabled", path: `${pictures}/${name.replaceAll(" ", "-")}.png` });
    await leave();
  });
}

const failures = {
  "the user does not allow it": { fault: {}, deny: true, says: "The connection was not allowed at the provider.", code: "oauth_denied" },
  "the provider refuses the code": { fault: { token_error: "invalid_grant" }, says: "Failed to obtain OAuth token. Please retry or contact support", code: "oauth_exchange_failed" },
  "the provider is out": { fault: { token_error: "server_error" }, says: "Failed to obtain OAuth token. Please retry or contact support", code: "oauth_exchange_failed" },
  "the provider answers with a page": { fault: { token_answer: "html" }, says: "Failed to obtain OAuth token. Please retry or contact support", code: "oauth_exchange_failed" },
};
for (const [name, f] of Object.entries(failures)) {
  test(`a problem at the provider: ${name}; and once more it works`, async () => {
    const t = await link();
    const { page, leave } = await visit();
    await page.goto(framed(saas.url, t.page({ app: "acme_crm" })));
    const frame = page.frameLocator("iframe");
    await faults(f.fault);
    const [popup] = await Promise.all([page.waitForEvent("popup"), go(frame)]);
    if (f.deny) await press(popup.getByRole("button", { name: "Cancel" }));
    else await allow(popup);
    await frame.getByRole("alert").filter({ hasText: f.says }).waitFor();
    await page.screenshot({ animations: "disabled", path: `${pictures}/${name.replaceAll(" ", "-")}.png` });
    await faults({});
    await page.locator("li", { hasText: f.code }).waitFor(); // what the frame posts comes when it comes
    assert.deepEqual(await told(page), [`${stack.env.PATCHBAY_TLS_URL} error ${f.code}`]);
    assert.deepEqual(await accounts(t.user), []);
    const event = await until("the webhook", () => hook.got.find((g) => g.body.connect_token === t.token));
    assert.equal(event.body.error_code, f.code);
    await frame.getByRole("button", { name: "Try again" }).click();
    const [again] = await Promise.all([page.waitForEvent("popup"), go(frame)]);
    await allow(again);
    await page.locator("li", { hasText: " close" }).waitFor();
    assert.equal((await accounts(t.user)).length, 1);
    await leave();
  });
}

test("somebody else at the provider: the user is asked, and the account stays whose it was", async () => {
  const t = await link();
  const { page, leave } = await visit();
  await page.goto(framed(saas.url, t.page({ app: "acme_crm" })));
  const [popup] = await Promise.all([page.waitForEvent("popup"), go(page.frameLocator("iframe"))]);
  await allow(popup);
  await closed(page, t.user);
  const [account] = await accounts(t.user);
  const again = await link({ external_user_id: t.user });
  await page.goto(framed(saas.url, again.page({ app: "acme_crm", accountId: account.id })));
  const frame = page.frameLocator("iframe");
  await frame.getByRole("heading", { name: "Connect Ada Lovelace again" }).waitFor();
  const [second] = await Promise.all([page.waitForEvent("popup"), frame.getByRole("button", { name: /Continue|Connect/ }).click()]);
  await second.getByText("Grace Hopper").click();
  await allow(second);
  await frame.getByText(/Grace Hopper|somebody else/).first().waitFor();
  await page.screenshot({ animations: "disabled", path: `${pictures}/somebody-else.png` });
  assert.deepEqual((await accounts(t.user)).map((a) => [a.id, a.name]), [[account.id, "Ada Lovelace"]]);
  await leave();
});

test("a line that is cut is said, and nothing is lost by it", async () => {
  const t = await link();
  const { page, context, leave } = await visit();
  await page.goto(`${t.connect_link_url}&app=acme_crm`);
  await page.getByRole("button", { name: "Continue to Acme CRM" }).waitFor();
  await context.setOffline(true);
  await go(page);
  await page.getByText("You seem to be offline. Please check your connection to the internet.").waitFor();
  await page.screenshot({ animations: "disabled", path: `${pictures}/offline.png` });
  await context.setOffline(false);
  await page.getByRole("button", { name: "Try again" }).click();
  await go(page);
  await allow(page);
  await page.getByRole("heading", { name: "Connected" }).waitFor();
  assert.equal((await accounts(t.user)).length, 1);
  await leave();
});
