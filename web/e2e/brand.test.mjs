// A customer's own look and own host, in a browser against the real program.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { wideFont } from "./font.mjs";
import { allow, browser, client, listen, start, until } from "./stack.mjs";

const host = "connect.northwind.example";
let stack, api, chrome, saas, own, folder;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), "patchbay-font-"));
  stack = await start();
  [api, chrome] = [await client(stack), await browser({ args: [`--host-resolver-rules=MAP ${host} 127.0.0.1`] })];
  saas = await listen((_, res) => res.writeHead(200, { "Content-Type": "text/html" }).end("<!doctype html><title>Product</title><h1>Product</h1>"));
  const set = await api("PUT", "/v1/projects/{p}/connect_domain", { host });
  assert.equal(set.status, 200, JSON.stringify(set.body));
  own = set.body.data.url;
});

after(async () => {
  await chrome?.browser.close();
  saas?.server.close();
  await stack?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const link = async (user, more = {}) => (await api("POST", "/v1/connect/{p}/tokens", { external_user_id: user, ...more })).body.connect_link_url;
const account = async (user) => (await api("GET", `/v1/connect/{p}/accounts?external_user_id=${user}`)).body.data[0];

/** A page of a browser of its own; what its policy or a script holds against it is noted. */
async function visit(wrong) {
  const context = await chrome.browser.newContext({ ignoreHTTPSErrors: true });
  const page = await context.newPage();
  page.on("console", (m) => m.type() === "error" && wrong.push(m.text()));
  page.on("pageerror", (e) => wrong.push(e.message));
  return page;
}

/** Where the tab was on its way. */
function trail(page) {
  const hosts = [];
  page.on("framenavigated", (f) => { if (f === page.mainFrame() && hosts.at(-1) !== new URL(f.url()).host) hosts.push(new URL(f.url()).host); });
  return hosts;
}

test("at a host of the customer's own, a tab without a redirect comes back to the page there and says who is connected", async () => {
  const wrong = [], page = await visit(wrong), hosts = trail(page);
  const to = await link("tab");
  assert.ok(to.startsWith(`${own}/_static/connect.html`), to);
  await page.goto(`${to}&app=acme_crm`);
  await page.getByRole("button", { name: "Continue to Acme CRM" }).click();
  await page.getByRole("button", { name: "Allow access" }).click();
  await page.getByText("Connected as Ada Lovelace").waitFor();
  await page.getByRole("button", { name: "Rename" }).click();
  await page.getByLabel("Name of this connection").fill("Ada at work");
  await page.getByLabel("Name of this connection").press("Enter");
  await page.getByText("Connected as Ada at work").waitFor();
  assert.equal((await account("tab")).name, "Ada at work");
  assert.deepEqual(hosts, [new URL(own).host, new URL(stack.env.PATCHBAY_DEMO_URL).host, new URL(own).host], "the base URL only hands the answer on");
  await page.reload();
  await page.getByText("This link has expired.").waitFor(); // it has done its work
  assert.deepEqual(wrong, []);
  await page.context().close();
});

test("at a host of the customer's own, a refusal comes back, is said, and can be tried again in the same tab", async () => {
  const wrong = [], page = await visit(wrong);
  await page.goto(`${await link("again")}&app=acme_crm`);
  await page.getByRole("button", { name: "Continue to Acme CRM" }).click();
  await page.getByRole("button", { name: "Cancel" }).click();
  await page.getByRole("heading", { name: "The connection was not allowed" }).waitFor();
  assert.equal(new URL(page.url()).host, new URL(own).host);
  await page.getByRole("button", { name: "Try again" }).click();
  await page.getByRole("button", { name: "Continue to Acme CRM" }).click();
  await page.getByRole("button", { name: "Allow access" }).click();
  await page.getByText("Connected as Ada Lovelace").waitFor();
  assert.deepEqual(wrong, []);
  await page.context().close();
});

test("at a host of the customer's own, the way back leads to the redirect URI, and a frame opens its window there", async () => {
  const wrong = [], page = await visit(wrong);
  await page.goto(`${await link("redirected", { success_redirect_uri: `${saas.url}/ok` })}&app=acme_crm&state=s1`);
  await page.getByRole("button", { name: "Continue to Acme CRM" }).click();
  await page.getByRole("button", { name: "Allow access" }).click();
  await page.waitForURL(/\/ok\?/);
  assert.deepEqual(Object.fromEntries(new URL(page.url()).searchParams), { account_id: (await account("redirected")).id, state: "s1" });

  const src = `${(await link("framed", { allowed_origins: [saas.url] })).replace("&connectLink=true", "")}&app=acme_crm`;
  await page.goto(saas.url);
  await page.evaluate((to) => document.body.append(Object.assign(document.createElement("iframe"), { src: to, style: "width:100%;height:700px" })), src);
  const frame = page.frameLocator("iframe");
  const [popup] = await Promise.all([page.waitForEvent("popup"), frame.getByRole("button", { name: "Continue to Acme CRM" }).click()]);
  await allow(popup);
  await frame.getByText("Connected as Ada Lovelace").waitFor();
  assert.ok(await account("framed"));
  assert.deepEqual(wrong.filter((w) => !/favicon/.test(w)), []);
  await page.context().close();
});

/** How wide the first letter of a heading is, in its own size: the font of the tests makes each two wide. 0: there is none, or it is drawn anew. */
const breadth = (where) => where.getByRole("heading").first().evaluate((h) => {
  const range = document.createRange(), texts = document.createTreeWalker(h, NodeFilter.SHOW_TEXT);
  let text = texts.nextNode();
  while (text && !text.data) text = texts.nextNode();
  if (!text) return 0;
  range.setStart(text, 0);
  range.setEnd(text, 1);
  return range.getBoundingClientRect().width / parseFloat(getComputedStyle(h).fontSize);
}).catch(() => 0);

test("a customer's own font is uploaded, tried in the preview, and worn by the page under its policy", async () => {
  const wrong = [], page = await visit(wrong), file = join(folder, "wide.woff2");
  writeFileSync(file, wideFont);
  await page.setViewportSize({ width: 1280, height: 860 });
  await page.goto(stack.signIn);
  await page.getByRole("link", { name: "Branding" }).click();
  await page.getByRole("combobox", { name: "Font" }).click();
  await page.getByRole("option", { name: "Your own font" }).click();
  await page.locator("input[type=file][aria-label='Font file']").setInputFiles(file);
  await page.getByText("Font file saved").first().waitFor();
  const preview = page.frameLocator("iframe");
  await until("the preview to wear the font", async () => (await breadth(preview)) > 1.9);
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await page.getByText("Branding saved").first().waitFor();

  for (const to of [`${await link("font")}&app=acme_crm`, `${stack.env.PATCHBAY_TLS_URL}/_static/connect.html${new URL(await link("font")).search}&app=acme_crm`]) {
    const got = page.waitForResponse((r) => r.url().includes("/_static/brand/"));
    const said = (await page.goto(to)).headers()["content-security-policy"];
    assert.equal((await got).headers()["content-type"], "font/woff2");
    await page.evaluate(() => document.fonts.ready);
    await until("the page to wear the font", async () => (await breadth(page)) > 1.9);
    assert.match(said, /font-src 'self'(;|$)/, "fonts come from the page's own host only");
  }
  assert.deepEqual(wrong, []);
  await page.context().close();
});
