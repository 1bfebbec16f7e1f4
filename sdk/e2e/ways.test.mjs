// The libraries in a browser, against the real program: the example of a product is the page.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, before, test } from "node:test";
import { allow, browser, client, listen, press, start, until } from "../../web/e2e/stack.mjs";

const root = resolve(import.meta.dirname, "../..");
let stack, api, chrome, saas, folder;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), "patchbay-saas-"));
  execFileSync("go", ["build", "-o", join(folder, "saas"), "./sdk/examples/saas"], { cwd: root, stdio: "inherit" });
  stack = await start();
  api = await client(stack);
  chrome = await browser();
  const child = spawn(join(folder, "saas"), { cwd: root, env: { ...process.env, ...stack.env, SAAS_LISTEN: "127.0.0.1:0" } });
  let said = "", ended;
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (b) => (said += b));
  child.once("exit", (code) => { ended = `${code}`; });
  saas = { child };
  saas.url = await until("the product", () => {
    if (ended) throw new Error(`it ended with ${ended}:\n${said}`);
    return said.match(/is at (http:\S+)\n/)?.[1];
  });
});

after(async () => {
  await chrome?.browser.close();
  saas?.child.kill();
  await stack?.stop();
  if (folder) rmSync(folder, { recursive: true, force: true });
});

const accounts = async () => (await api("GET", "/v1/connect/{p}/accounts?external_user_id=ada&limit=100")).body.data.map((a) => a.id);

/** The product's page, and what it has said went wrong outside of what a story is about. */
async function visit() {
  const page = await chrome.context.newPage();
  const wrong = [];
  page.on("pageerror", (e) => wrong.push(e.message));
  await page.goto(saas.url);
  return { page, wrong };
}
const go = (where) => where.getByRole("button", { name: /^Continue/ }).click();
/** What the product says was connected, and that nothing is left of the way there. */
async function connected(page) {
  const text = await page.getByRole("status").filter({ hasText: "Connected apn_" }).textContent();
  const id = text.split(" ")[1];
  await page.locator("dialog").waitFor({ state: "detached" });
  assert.ok((await accounts()).includes(id));
  await page.getByRole("button", { name: "Disconnect Ada Lovelace" }).first().waitFor();
  return id;
}

test("over the page: connected, told, and nothing is left", async () => {
  const { page, wrong } = await visit();
  await page.getByRole("button", { name: "… over this page" }).click();
  const frame = page.frameLocator("dialog iframe");
  const [popup] = await Promise.all([page.waitForEvent("popup"), go(frame)]);
  await allow(popup);
  await connected(page);
  assert.equal(await page.evaluate(() => document.documentElement.style.overflow), "");
  assert.deepEqual(wrong, []);
  await page.close();
});

test("in a popup", async () => {
  const { page, wrong } = await visit();
  const [popup] = await Promise.all([page.waitForEvent("popup"), page.getByRole("button", { name: "Connect Acme CRM" }).click()]);
  const gone = popup.waitForEvent("close");
  await go(popup);
  await allow(popup);
  await connected(page);
  await gone;
  assert.deepEqual(wrong, []);
  await page.close();
});

test("by going there and coming back", async () => {
  const { page, wrong } = await visit();
  await page.getByRole("button", { name: "… by going there" }).click();
  await go(page);
  await allow(page);
  await page.waitForURL((url) => url.origin === saas.url);
  await connected(page);
  assert.equal(new URL(page.url()).search, "", "the address keeps nothing of it");
  assert.deepEqual(wrong, []);
  await page.close();
});

test("in a popup that the page's own policy cuts off: the server is asked how it went", async () => {
  const strict = await listen(async (req, res) => {
    if (req.url === "/patchbay.js") return res.writeHead(200, { "Content-Type": "text/javascript" }).end(readFileSync(join(root, "sdk/browser/dist/umd/patchbay.js")));
    if (req.url === "/token") return res.writeHead(200).end(JSON.stringify((await api("POST", "/v1/connect/{p}/tokens", { external_user_id: "ada", allowed_origins: [strict.url] })).body));
    res.writeHead(200, { "Content-Type": "text/html", "Cross-Origin-Opener-Policy": "same-origin" }).end(`<!doctype html><title>Strict</title><button>Connect</button><output></output>
      <script src="/patchbay.js"></script><script>
        document.hasFocus = () => false; // the popup has it, which a headless browser does not tell
        const patchbay = Patchbay.createFrontendClient({ host: "${stack.env.PATCHBAY_BASE_URL}", externalUserId: "ada", tokenCallback: async () => (await fetch("/token")).json() });
        document.querySelector("button").onclick = () => patchbay.open({ mode: "popup", app: "acme_crm" }).result.then((a) => a.id, (e) => e.code).then((t) => { document.querySelector("output").textContent = t; });
      </script>`);
  });
  const page = await chrome.context.newPage();
  await page.goto(strict.url);
  const [popup] = await Promise.all([chrome.context.waitForEvent("page"), page.getByRole("button", { name: "Connect" }).click()]);
  await popup.getByRole("button", { name: /^Continue/ }).waitFor(); // it goes nowhere by itself from here
  await popup.waitForFunction(() => window.opener === null); // the tie is cut
  await go(popup);
  await allow(popup);
  const id = await page.locator("output", { hasText: "apn_" }).textContent();
  assert.ok((await accounts()).includes(id));
  await popup.close();
  await page.close();
  strict.server.close();
});

test("who leaves is told nothing, and nothing is left", async () => {
  const { page } = await visit();
  const before = await accounts();
  await page.getByRole("button", { name: "… over this page" }).click();
  await page.frameLocator("dialog iframe").getByRole("button", { name: "Close" }).click();
  await page.locator("dialog").waitFor({ state: "detached" });
  const [popup] = await Promise.all([page.waitForEvent("popup"), page.getByRole("button", { name: "Connect Acme CRM" }).click()]);
  await popup.getByRole("button", { name: /^Continue/ }).waitFor();
  await popup.close();
  await page.waitForTimeout(3000);
  assert.equal(await page.getByRole("status").textContent(), "");
  assert.deepEqual(await accounts(), before);
  await page.close();
});

test("who refuses is told of it in the frame, and may try again", async () => {
  const { page } = await visit();
  await page.getByRole("button", { name: "… over this page" }).click();
  const frame = page.frameLocator("dialog iframe");
  const [popup] = await Promise.all([page.waitForEvent("popup"), go(frame)]);
  await press(popup.getByRole("button", { name: "Cancel" }));
  await frame.getByRole("button", { name: /try again/i }).waitFor();
  await frame.getByRole("button", { name: "Close" }).click();
  await page.locator("dialog").waitFor({ state: "detached" });
  await until("the product to say so", () => page.getByRole("status").textContent());
  await page.close();
});

test("calls across origins: lists, the app through the proxy, a trigger, and errors that can be read", async () => {
  const { page, wrong } = await visit();
  const told = await page.evaluate(async (host) => {
    const { createFrontendClient } = await import("/patchbay.js");
    const tokenCallback = async () => (await fetch("/connect-token", { method: "POST" })).json();
    const patchbay = createFrontendClient({ host, externalUserId: "ada", tokenCallback, projectEnvironment: "development", headers: { "x-pd-anything": "1" } });
    const failed = (p) => p.then(() => "it did not fail", (e) => ({ name: e.name, status: e.status, code: e.code, request: Boolean(e.requestId) }));
    const list = await patchbay.accounts.list({ app: "acme_crm", limit: 1 });
    const account = list.data[0];
    const all = [];
    for await (const a of list) all.push(a.id);
    const made = await patchbay.proxy.post({ accountId: account.id, url: "/api/contacts", body: { name: "Grace Hopper" }, headers: { "X-Note": "kept" } });
    const contacts = await patchbay.proxy.get({ accountId: account.id, url: "/api/contacts", params: { limit: 100 } });
    return {
      all, made: made.name, contacts: JSON.stringify(contacts).includes("Grace Hopper"),
      isDate: account.createdAt instanceof Date, app: (await patchbay.apps.get("acme_crm")).nameSlug, one: (await patchbay.accounts.get(account.id)).externalId,
      trigger: (await patchbay.triggers.deploy({ id: "http-new-requests" })).type,
      missing: await failed(patchbay.accounts.get("apn_nope")),
      upstream: await failed(patchbay.proxy.get({ accountId: account.id, url: "/api/nothing" })),
      forbidden: await failed(patchbay.proxy.get({ accountId: account.id, url: "https://evil.test/" })),
      unknown: await failed(patchbay.actions.run({ id: "no-such-action" })),
      wrongToken: await failed(createFrontendClient({ host, externalUserId: "ada", tokenCallback: async () => "ctok_00000000000000000000000000000000" }).accounts.list()),
      nowhere: await failed(createFrontendClient({ host: "http://localhost:9", externalUserId: "ada", tokenCallback }).actions.run({ id: "x" })),
    };
  }, stack.env.PATCHBAY_BASE_URL);
  assert.deepEqual(told.all.sort(), (await accounts()).sort());
  const { all: _, ...rest } = told;
  assert.deepEqual(rest, {
    made: "Grace Hopper", contacts: true, isDate: true, app: "acme_crm", one: "ada", trigger: "HttpInterface",
    missing: { name: "PatchbayError", status: 404, code: "account_not_found", request: true },
    upstream: { name: "PatchbayError", status: 404, code: rest.upstream.code, request: rest.upstream.request },
    forbidden: { name: "PatchbayError", status: rest.forbidden.status, code: rest.forbidden.code, request: true },
    unknown: { name: "PatchbayError", status: 404, code: "component_not_found", request: true },
    wrongToken: { name: "PatchbayError", status: 401, code: "connect_token_invalid", request: true },
    nowhere: { name: "PatchbayError", status: 0, code: "network", request: false },
  });
  assert.deepEqual(wrong, []);
  await page.close();
});

test("a page that the token does not name cannot use it", async () => {
  const token = (await api("POST", "/v1/connect/{p}/tokens", { external_user_id: "ada", allowed_origins: ["https://elsewhere.test"] })).body;
  const { page } = await visit();
  const told = await page.evaluate(async ([host, token]) => {
    const { createFrontendClient } = await import("/patchbay.js");
    return createFrontendClient({ host, externalUserId: "ada", tokenCallback: async () => token }).accounts.list().catch((e) => `${e.status} ${e.code}`);
  }, [stack.env.PATCHBAY_BASE_URL, token]);
  assert.equal(told, "403 origin_not_allowed");
  await page.close();
});

/** Opens the page with a token over the product's, and notes what is told. */
const opened = (page, token) => page.evaluate(async ([host, token]) => {
  const { createFrontendClient } = await import("/patchbay.js");
  window.told = [];
  createFrontendClient({ host, externalUserId: "ada", tokenCallback: async () => token })
    .connectAccount({ app: "acme_crm", onError: (e) => window.told.push(e.code), onClose: (how) => window.told.push(`closed ${how.successful}`) });
}, [stack.env.PATCHBAY_BASE_URL, token]);

test("a page that the browser does not show over this one is an error, and nothing stays in the way", async () => {
  const made = await api("POST", "/v1/connect/{p}/tokens", { external_user_id: "ada", allowed_origins: ["https://elsewhere.test"] }, { "x-pd-environment": "production" });
  const { page } = await visit();
  await opened(page, made.body);
  await page.waitForFunction(() => window.told.length === 2); // the dialog is there for seconds
  assert.deepEqual(await page.evaluate(() => window.told), ["page_not_shown", "closed false"]);
  assert.equal(await page.locator("dialog").count(), 0);
  await page.close();
});

test("with a token that is good for nothing any more, the page says so, and closes", async () => {
  const gone = await api("POST", "/v1/connect/{p}/tokens", { external_user_id: "ada", expires_in: 1 });
  const { page, wrong } = await visit();
  for (const [token, code] of [["ctok_00000000000000000000000000000000", "connect_token_invalid"], [gone.body.token, "token_expired"]]) {
    await opened(page, token);
    const frame = page.frameLocator("dialog iframe");
    await frame.getByRole("heading", { name: "This does not work any more" }).waitFor();
    await page.waitForTimeout(3500); // it is shown, so it stays
    await frame.getByRole("button", { name: "Close" }).click();
    await page.locator("dialog").waitFor({ state: "detached" });
    await page.waitForFunction(() => window.told.length >= 2);
    assert.deepEqual(await page.evaluate(() => window.told), [code, "closed false"]);
  }
  assert.deepEqual(wrong, []);
  await page.close();
});

test("an account is disconnected from the page", async () => {
  const { page } = await visit();
  const buttons = page.getByRole("button", { name: "Disconnect Ada Lovelace" });
  await buttons.first().waitFor();
  for (let n = await buttons.count(); n > 0; n--) {
    await buttons.first().click();
    await page.waitForFunction((left) => document.querySelectorAll("li").length === left, n - 1);
  }
  assert.deepEqual(await accounts(), []);
  await page.close();
});
