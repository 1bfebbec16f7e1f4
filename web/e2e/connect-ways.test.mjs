// The ways in and out of the connect page against the real program: windows
// that are held back or cut off, tabs that come back, redirects, languages, and
// how soon something is seen on a slow line.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { allow, browser, client, listen, start } from "./stack.mjs";

let stack, api, saas, chrome;
const token = async (user, more = {}) => (await api("POST", "/v1/connect/{p}/tokens", { external_user_id: user, allowed_origins: [saas.url], ...more })).body;
const connectPage = () => `${stack.env.PATCHBAY_TLS_URL}/_static/connect.html`;

before(async () => {
  stack = await start();
  [api, chrome] = [await client(stack), await browser()];
  // A pretend SaaS. With ?coop it cuts every window off that its frames open.
  saas = await listen((req, res) => {
    const url = new URL(req.url, "http://x");
    res.writeHead(200, { "Content-Type": "text/html", ...(url.searchParams.has("coop") ? { "Cross-Origin-Opener-Policy": "same-origin" } : {}) }).end(`<!doctype html><title>SaaS</title><ol></ol><script>
      addEventListener("message", (e) => {
        if (e.data.type === "ready") return;
        document.querySelector("ol").insertAdjacentHTML("beforeend", "<li></li>");
        document.querySelector("li:last-child").textContent = JSON.stringify(e.data) + " from " + e.origin;
        if (e.data.type === "close") document.querySelector("iframe").remove();
      });
      const to = new URLSearchParams(location.search).get("frame");
      if (to) document.body.append(Object.assign(document.createElement("iframe"), { src: to, style: "position:fixed;inset:0;width:100%;height:100%;border:0" }));
    </script>`);
  });
});

after(async () => {
  await chrome?.browser.close();
  saas?.server.close();
  await stack?.stop();
});

const framed = async (user, query = "") => {
  const { token: t } = await token(user);
  const page = await chrome.context.newPage();
  await page.goto(`${saas.url}/?${query}frame=${encodeURIComponent(`${connectPage()}?token=${t}&app=acme_crm`)}`);
  return { page, frame: page.frameLocator("iframe") };
};
const told = async (page) => {
  await page.locator("li", { hasText: "close" }).waitFor();
  return page.locator("li").allTextContents();
};

test("a page that cuts windows off (COOP): the window becomes the page, and the frame hears by asking", async () => {
  const { page, frame } = await framed("coop", "coop&");
  const opened = chrome.context.waitForEvent("page");
  await frame.getByRole("button", { name: "Continue to Acme CRM" }).click();
  await frame.getByRole("heading", { name: "Your browser held the window back" }).waitFor();
  const popup = await opened;
  await popup.getByRole("button", { name: "Continue to Acme CRM" }).click();
  await allow(popup);
  const said = await told(page);
  assert.match(said[0], /^\{"type":"success","authProvisionId":"apn_\w+"\} from https:/);
  await page.close();
});

test("a window that is held back is opened by a link instead", async () => {
  const { page, frame } = await framed("blocked");
  await frame.getByRole("button", { name: "Continue to Acme CRM" }).waitFor();
  await page.frames().at(-1).evaluate(() => { window.open = () => null; });
  await frame.getByRole("button", { name: "Continue to Acme CRM" }).click();
  const opened = chrome.context.waitForEvent("page");
  await frame.getByRole("link", { name: "Open Acme CRM" }).click();
  const popup = await opened;
  await allow(popup);
  assert.match((await told(page))[0], /^\{"type":"success"/);
  await page.close();
});

test("a window that is closed too soon can be opened again, and giving up says so", async () => {
  const { page, frame } = await framed("closed");
  const [popup] = await Promise.all([page.waitForEvent("popup"), frame.getByRole("button", { name: "Continue to Acme CRM" }).click()]);
  await popup.getByRole("button", { name: "Allow access" }).waitFor();
  await popup.close();
  await frame.getByText("The window seems to be closed.").waitFor();
  await frame.getByRole("button", { name: "Cancel" }).click();
  await frame.getByRole("heading", { name: "wants to connect" }).waitFor();
  await frame.getByRole("button", { name: "Close" }).click();
  assert.deepEqual((await told(page)).map((t) => JSON.parse(t.split(" from ")[0]).type), ["close"]);
  await page.close();
});

test("a tab comes back to the page and says as whom it is connected; the name can be changed", async () => {
  const { connect_link_url: link } = await token("tab");
  const page = await chrome.context.newPage();
  await page.goto(`${link}&app=acme_crm`);
  await page.getByRole("button", { name: "Continue to Acme CRM" }).click();
  await page.getByRole("button", { name: "Allow access" }).click();
  await page.getByRole("heading", { name: "Connected" }).waitFor();
  await page.getByText("Connected as Ada Lovelace").waitFor();
  await page.getByRole("button", { name: "Rename" }).click();
  await page.getByLabel("Name of this connection").fill("Ada at work");
  await page.getByLabel("Name of this connection").press("Enter");
  await page.getByText("Connected as Ada at work").waitFor();
  await page.close();
});

test("keys of a link end at the redirect URI, with the state; giving up ends at the other", async () => {
  const more = { success_redirect_uri: `${saas.url}/ok?x=1`, error_redirect_uri: `${saas.url}/sorry` };
  const page = await chrome.context.newPage();
  await page.goto(`${(await token("state", more)).connect_link_url}&app=acme_crm_key&state=s%2B1`);
  await page.getByLabel("API key", { exact: true }).fill(" 'acme_demo_key_ada' ");
  await page.getByRole("button", { name: "Connect" }).click();
  await page.waitForURL(/\/ok\?/);
  const ok = new URL(page.url()).searchParams;
  assert.deepEqual([ok.get("x"), ok.get("state"), /^apn_/.test(ok.get("account_id"))], ["1", "s+1", true]);
  await page.goto(`${(await token("gaveup", more)).connect_link_url}&app=acme_crm&state=s2`);
  await page.getByRole("button", { name: "Close" }).click();
  await page.waitForURL(/\/sorry\?/);
  const sorry = new URL(page.url()).searchParams;
  assert.deepEqual([sorry.get("error_code"), sorry.get("state")], ["user_cancelled", "s2"]);
  await page.close();
});

test("without an app it is picked; what is connected is seen, and disconnected", async () => {
  const page = await chrome.context.newPage();
  await page.goto((await token("picker")).connect_link_url);
  await page.getByRole("searchbox", { name: "Search apps" }).fill("acme");
  await page.getByRole("button", { name: /Acme CRM \(API key\)/ }).click();
  await page.getByLabel("API key", { exact: true }).fill("acme_demo_key_ada");
  await page.getByRole("button", { name: "Connect" }).click();
  await page.getByRole("heading", { name: "Connected" }).waitFor();
  await page.goto(`${(await token("picker")).connect_link_url}&view=accounts`);
  await page.getByRole("button", { name: /Works/ }).click();
  await page.getByRole("button", { name: "Disconnect" }).click();
  await page.getByRole("group").getByRole("button", { name: "Disconnect" }).click();
  await page.getByText("is disconnected.").waitFor();
  await page.getByText("Nothing is connected yet.").waitFor();
  await page.close();
});

test("the page speaks the browser's language, and the address may ask for another", async () => {
  const { connect_link_url: link } = await token("polyglot");
  for (const [locale, query, says] of [["de-AT", "", "My SaaS möchte sich mit Ihrem Acme CRM-Konto verbinden"], ["de-AT", "&locale=ja", "接続を求めています"], ["nl-NL", "", "My SaaS wants to connect"]]) {
    const context = await chrome.browser.newContext({ ignoreHTTPSErrors: true, locale, javaScriptEnabled: false });
    const page = await context.newPage();
    await page.goto(`${link}&app=acme_crm${query}`);
    assert.match(await page.locator("h1").innerText(), new RegExp(says), "the HTML alone says it");
    await context.close();
  }
});

// What this machine takes is its own business: the line's part of the second is what the page decides.
test("on a fast 3G line something is seen within a second, and nothing breaks the page's policy", async () => {
  const { connect_link_url: link } = await token("slow"), latency = 562, throughput = (1.44 * 1024 * 1024) / 8;
  const context = await chrome.browser.newContext({ ignoreHTTPSErrors: true, viewport: { width: 390, height: 844 } }), page = await context.newPage();
  const faults = [];
  page.on("console", (m) => m.type() === "error" && faults.push(m.text()));
  const cdp = await context.newCDPSession(page);
  await cdp.send("Network.enable");
  await cdp.send("Network.emulateNetworkConditions", { offline: false, latency, downloadThroughput: throughput, uploadThroughput: (675 * 1024) / 8 });
  await page.goto(`${link}&app=acme_crm`);
  await page.getByRole("button", { name: "Continue to Acme CRM" }).waitFor();
  const { size, blocking, seen } = await page.evaluate(() => ({
    size: performance.getEntriesByType("navigation")[0].transferSize, blocking: performance.getEntriesByType("resource").filter((r) => r.renderBlockingStatus === "blocking").map((r) => r.name),
    seen: performance.getEntriesByName("first-contentful-paint")[0].startTime,
  }));
  const line = latency + (1000 * size) / throughput;
  console.log(`# first contentful paint: ${Math.round(seen)} ms, of which the line took ${Math.round(line)}`);
  assert.deepEqual(blocking, [], "the page's first answer is enough to draw it");
  assert.ok(size > 0 && line < 800, `${size} bytes take ${line} ms`);
  assert.deepEqual(faults, []);
  await context.close();
});
