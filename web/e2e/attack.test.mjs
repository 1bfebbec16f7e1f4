// Attacks on the connect page that only a browser can show to fail: pages of
// other sites around it, behind it and before it, and names that want to be code.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { allow, browser, client, listen, start, until } from "./stack.mjs";

let stack, api, chrome, saas, evil;
const production = { "x-pd-environment": "production" }; // in development a developer's own machine is trusted

/** A site that opens the connect page in every way and writes down what it hears. */
const site = () => listen((req, res) => {
  const to = new URL(req.url, "http://x").searchParams.get("to") ?? "";
  res.writeHead(200, { "Content-Type": "text/html" }).end(`<!doctype html><title>A site</title><ol></ol><button>Open</button><script>
    addEventListener("message", (e) => document.querySelector("ol").insertAdjacentHTML("beforeend", "<li>" + (e.data?.type ?? "?") + "</li>"));
    const to = ${JSON.stringify(to).replaceAll("<", "\\u003c")};
    document.querySelector("button").onclick = () => window.open(to);
    if (location.pathname === "/framed") document.body.insertAdjacentHTML("beforeend", '<iframe></iframe>'), document.querySelector("iframe").src = to;
  </script>`);
});

const link = async (user, more = {}, query = "&app=acme_crm", headers = production) => {
  const made = await api("POST", "/v1/connect/{p}/tokens", { external_user_id: user, ...more }, headers);
  assert.equal(made.status, 200, JSON.stringify(made.body));
  return made.body.connect_link_url.replace("&connectLink=true", "") + query;
};

before(async () => {
  stack = await start();
  [api, chrome, saas, evil] = await Promise.all([client(stack), browser(), site(), site()]);
});

after(async () => {
  await chrome?.browser.close();
  saas?.server.close();
  evil?.server.close();
  assert.equal(await stack?.stop(), 0, "Ctrl-C ends the program cleanly");
});

/** Connects Acme CRM as Ada, from the page or frame that shows it; the way to the provider is a window of its own or the same one. */
async function connect(page, frame) {
  await frame.getByRole("button", { name: /Continue/ }).first().click();
  const at = await until("Acme CRM", async () => {
    for (const p of page.context().pages()) if (p.url().startsWith(stack.env.PATCHBAY_DEMO_URL)) return p;
  });
  await allow(at);
}

const heard = (page) => page.locator("li").allTextContents();

test("the outcome is told to the site that the token names and to no other", async () => {
  const page = await chrome.context.newPage();
  const to = await link("heard", { allowed_origins: [saas.url] });
  await page.goto(`${saas.url}/framed?to=${encodeURIComponent(to)}`);
  await connect(page, page.frameLocator("iframe"));
  await until("the site hears of it", async () => (await heard(page)).includes("success"));
  await page.close();

  const other = await chrome.context.newPage();
  const again = await link("overheard", { allowed_origins: [saas.url] });
  await other.goto(`${evil.url}/?to=${encodeURIComponent(again)}`);
  const [shown] = await Promise.all([other.waitForEvent("popup"), other.getByRole("button").click()]);
  await connect(shown, shown);
  await until("the account", async () => (await api("GET", "/v1/connect/{p}/accounts?external_user_id=overheard", undefined, production)).body.data[0]);
  await new Promise((ok) => setTimeout(ok, 1500)); // time enough to tell
  assert.deepEqual(await heard(other), [], "the opener is another site");
  await other.close();
});

test("a site that the token does not name cannot frame the page", async () => {
  const page = await chrome.context.newPage();
  for (const more of [{}, { allowed_origins: [saas.url] }]) {
    const refused = [];
    page.on("console", (m) => refused.push(m.text()));
    await page.goto(`${evil.url}/framed?to=${encodeURIComponent(await link("framed", more))}`);
    await until("the browser's refusal", () => refused.some((m) => m.includes("frame-ancestors")));
    const inside = page.frames().find((f) => f !== page.mainFrame());
    assert.equal(await inside.locator("button").count(), 0, "nothing of it is there to be clicked");
  }
  await page.close();
});

test("nobody is told the page's address, which holds the token", async () => {
  const page = await chrome.context.newPage();
  const told = [];
  chrome.context.on("request", (r) => {
    const from = r.headers().referer ?? "";
    if (from.includes("ctok_") || (!r.url().startsWith(stack.env.PATCHBAY_TLS_URL) && !r.url().startsWith(evil.url) && r.url().includes("ctok_"))) told.push(`${r.url()} from ${from}`);
  });
  const to = await link("referred", { success_redirect_uri: `${evil.url}/ok` }, "&connectLink=true&app=acme_crm");
  await page.goto(to);
  await connect(page, page);
  await page.waitForURL(`${evil.url}/ok*`);
  assert.equal(await page.evaluate(() => document.referrer), "");
  assert.deepEqual(told, []);
  await page.close();
});

test("another site cannot begin a connection in its visitor's browser", async () => {
  const page = await chrome.context.newPage();
  const token = new URL(await link("forged")).searchParams.get("token");
  await page.goto(evil.url);
  const [answer] = await Promise.all([
    page.waitForResponse((r) => r.url().endsWith("/connect/oauth/start")),
    page.evaluate(([action, value]) => {
      document.body.insertAdjacentHTML("beforeend", `<form method="post" action="${action}"><input name="token" value="${value}"><input name="app" value="acme_crm"><input name="same_tab" value="true"></form>`);
      setTimeout(() => document.querySelector("form").submit()); // once this has answered
    }, [`${stack.env.PATCHBAY_TLS_URL}/connect/oauth/start`, token]),
  ]);
  assert.equal(answer.status(), 403);
  assert.ok(!page.url().startsWith(stack.env.PATCHBAY_DEMO_URL), "the visitor is not at the provider");
  await page.close();
});

test("a name that wants to be code stays a name", async () => {
  const evilName = `"><img src=x onerror="window.pwned=1"><script>window.pwned=1</script>'{{7*7}}</script>`;
  assert.equal((await api("PATCH", "/v1/connect/projects/{p}", { app_name: evilName, support_email: "x@example.com" })).status, 200);
  const file = `schema: app/v1
slug: evil_name
name: ${JSON.stringify(evilName)}
description: ${JSON.stringify(evilName)}
categories: [crm]
hosts:
  production: {api: '{{ instance.demo_url }}'}
auth:
  - id: api_key
    type: key
    title: ${JSON.stringify(evilName)}
    inputs: {api_key: {kind: secret, ask: {title: ${JSON.stringify(evilName)}, help: ${JSON.stringify(evilName)}}}}
inject:
  default: {in: header, name: X-Acme-Key, value: '{{ input.api_key }}'}
identity: {request: {get: '{{ host.api }}/api/me'}, id: /id, name: /name}
fixtures:
  api_key: {identity: me.json}
sources: [{about: everything, url: 'https://crm.example.com/docs'}]
`;
  const me = `{"status": 200, "body": {"id": "1", "name": "Ada"}}`;
  const saved = await api("PUT", "/v1/app_files/evil_name", { source: file, fixtures: { "me.json": me } });
  const named = saved.status === 200; // a file may be refused for its name, which is as good
  const keyed = await api("POST", "/v1/connect/{p}/tokens", { external_user_id: "named" });
  const made = await api("POST", "/v1/connect/{p}/accounts", {
    app_slug: "acme_crm_key", cfmap_json: JSON.stringify({ api_key: "acme_demo_key_ada" }), connect_token: keyed.body.token, name: evilName,
  }, { Authorization: `Bearer ${keyed.body.token}` });
  assert.equal(made.status, 200, JSON.stringify(made.body));
  const override = await api("POST", "/v1/connect/{p}/app_overrides", { app: "zendesk", name: evilName, cfmap: { subdomain: "acme" } });
  assert.equal(override.status, 201, JSON.stringify(override.body));

  const page = await chrome.context.newPage();
  page.on("dialog", (d) => assert.fail(`a dialog: ${d.message()}`));
  const shows = async (what, address, text = "onerror") => {
    await page.goto(address);
    await until(`${what} to show the name`, async () => (await page.locator("body").innerText()).includes(text));
    await page.waitForTimeout(300);
    const found = await page.evaluate(() => ({
      pwned: window.pwned, images: document.querySelectorAll('img[src="x"], [onerror]').length,
      scripts: [...document.scripts].filter((s) => s.textContent.includes("pwned") && s.type !== "application/json").length, // data is no script
    }));
    assert.deepEqual(found, { pwned: undefined, images: 0, scripts: 0 }, what);
  };
  const at = async (query) => link("named", {}, query, {});
  await shows("the page", await at("&app=acme_crm"));
  await shows("the page with keys", await at("&app=acme_crm_key"));
  await shows("a link", await at("&app=acme_crm&connectLink=true&state=" + encodeURIComponent(evilName)));
  if (named) await shows("the page of the app", await at("&app=evil_name"));
  if (named) await shows("a search for it", await at("")).catch((e) => assert.fail(e));
  await shows("the user's accounts", await at("&view=accounts"));
  await shows("reconnecting", await at(`&app=acme_crm_key&accountId=${made.body.id}`));
  await page.goto(stack.signIn);
  await page.getByRole("link", { name: "Accounts", exact: true }).waitFor();
  const console = page.url().replace(/\/$/, "");
  await shows("the console's accounts", `${console}/accounts`);
  await page.close();
});
