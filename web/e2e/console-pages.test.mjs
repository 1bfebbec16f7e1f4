// Every page of the console, in light and in dark, on a phone and on a desk:
// what axe-core has to say of it, whether it fits, and that names which want to
// be code stay names. The pages are found by their links, as people find them.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { after, before, test } from "node:test";
import { evil, fill } from "./console.mjs";
import { browser, client, listen, start, until } from "./stack.mjs";

const root = resolve(import.meta.dirname, "../..");
const shots = join(root, ".patchbay/screenshots/console");
const axe = readFileSync(join(root, "web/node_modules/axe-core/axe.min.js"), "utf8");
/** The patterns of the console's addresses, by the names that paths.ts gives them. */
const scope = "/projects/$projectId/$environment";
const routes = Object.fromEntries([...readFileSync(join(root, "web/src/paths.ts"), "utf8").matchAll(/^ {2}(\w+): `\$\{root\}(\/[^`]+)`,$/gm)].map(([, name, path]) => [name, scope + path]).concat([["overview", scope]]));
const everything = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"], colours = { type: "rule", values: ["color-contrast", "link-in-text-block"] };
const pattern = (path) => new RegExp(`^${path.replace(/\$\w+/g, "[^/]+")}$`);
let stack, api, chrome, saas, hook, page;
const wrong = [];

before(async () => {
  mkdirSync(shots, { recursive: true });
  stack = await start();
  [api, chrome] = [await client(stack), await browser()];
  saas = await listen((_, res) => res.end("ok"));
  // A receiver that refuses half of what it is sent, in words that want to be code.
  let n = 0;
  hook = await listen((req, res) => { req.resume(); res.writeHead(n++ % 2 ? 500 : 200, { "Content-Type": "text/html", "X-Said": "<script>window.pwned=1</script>" }).end(evil); });
  await fill({ api, stack, chrome, hook, saas });
  page = await chrome.context.newPage();
  await page.emulateMedia({ reducedMotion: "reduce" });
  page.on("dialog", (d) => wrong.push(`a dialog: ${d.message()}`));
  page.on("pageerror", (e) => wrong.push(e.message));
  // What the browser warns of, and what is asked in vain, is a fault of the page: each knows before what there is. But of a
  // deleted project of which nothing is left, which is asked to find that out.
  page.on("console", (m) => ["error", "warning"].includes(m.type()) && !/^\/deleted-projects\//.test(new URL(page.url()).pathname) && wrong.push(`${new URL(page.url()).pathname}: the browser says: ${m.text()} ${m.location().url ?? ""}`));
  page.on("response", (r) => r.status() >= 400 && !/^\/deleted-projects\//.test(new URL(page.url()).pathname) && wrong.push(`${new URL(page.url()).pathname}: ${r.request().method()} ${new URL(r.url()).pathname} was answered with ${r.status()}`));
  page.on("requestfailed", (r) => !/ABORTED|NS_BINDING/.test(r.failure()?.errorText ?? "") && wrong.push(`${new URL(page.url()).pathname}: ${r.method()} ${r.url()}: ${r.failure()?.errorText}`));
  page.on("request", (r) => {
    if (r.isNavigationRequest()) asked.clear(); // what the page before asked for is nobody's
    if (r.resourceType() === "fetch" && r.headers().accept !== "text/event-stream") asked.add(r); // a stream does not end
  });
  for (const end of ["requestfinished", "requestfailed"]) page.on(end, (r) => asked.delete(r));
  await page.goto(stack.signIn);
  await page.getByRole("heading", { name: "Overview" }).waitFor();
});

after(async () => {
  await chrome?.browser.close();
  saas?.server.close();
  hook?.server.close();
  await stack?.stop();
});

/** What the page has asked for and not been answered. */
const asked = new Set();

/** Goes to a page and waits until it has what it fetches. */
async function open(path) {
  await page.goto(new URL(path, stack.env.PATCHBAY_BASE_URL).href);
  await page.getByRole("heading", { level: 1 }).first().waitFor();
  const complete = async () => asked.size === 0 && page.evaluate(() => !document.querySelector("main [aria-busy=true], main .animate-pulse"));
  await until(`${path} to be complete`, async () => {
    if (!(await complete())) return false;
    await page.waitForTimeout(150); // what follows from an answer has begun by then
    return complete();
  });
}

/** Goes from link to link, to one page of each kind, and looks at each. */
async function walk(look) {
  const places = { overview: `/projects/${stack.env.PATCHBAY_PROJECT_ID}/development` }, next = ["overview"];
  while (next.length) {
    const at = next.shift();
    await open(places[at]);
    for (const href of await page.locator("a[href^='/projects/']").evaluateAll((all) => all.map((a) => a.getAttribute("href").split("?")[0]))) {
      const name = Object.keys(routes).sort((a, b) => (routes[a].match(/\$/g).length - routes[b].match(/\$/g).length)).find((k) => pattern(routes[k]).test(href));
      if (!name || places[name] || !href.startsWith(places.overview)) continue;
      places[name] = href;
      next.push(name);
    }
    await look(at);
  }
  return places;
}

/** What is outside of a project: by itself, for who is signed in, and for who is not. */
async function outside() {
  const { status, body: gone } = await api("POST", "/v1/connect/projects", { name: "Gone" });
  assert.ok([200, 201].includes(status), JSON.stringify(gone));
  assert.equal((await api("DELETE", `/v1/connect/projects/${gone.id}`)).status, 204);
  const invited = await api("POST", "/v1/invitations", { email: "new@example.com", role: "viewer" });
  const { body: token } = await api("POST", "/v1/connect/{p}/tokens", { external_user_id: "outside" });
  return {
    within: { ownAccount: "/account", removal: `/deleted-projects/${gone.id}`, runbook: "/runbook" },
    without: { signIn: "/sign-in", forgotPassword: "/forgot-password", resetPassword: "/reset-password#none", invitation: new URL(invited.body.link).pathname + new URL(invited.body.link).hash, docs: "/docs", connect: token.connect_link_url },
  };
}

/** A workspace of its own that is deleted, and in its time of grace: who signed in lately may. */
async function deleted() {
  const did = (method, path, body) => page.evaluate(async ([method, path, body]) => (await fetch(`/console/api/${path}`, { method, headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) })).status, [method, path, body]);
  assert.equal(await did("POST", "workspaces", { name: evil.slice(0, 100) }), 200);
  assert.equal(await did("POST", "workspace/deletion", { name: evil.slice(0, 100) }), 204);
  return { deletedWorkspace: "/deleted-workspace" };
}

/** All that axe-core knows, or what a theme can change: colours. */
async function check(what, rules) {
  const { violations } = await page.evaluate((runOnly) => window.axe.run(document, { resultTypes: ["violations"], runOnly }), rules);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  // On a phone columns leave a table, and nothing of those that stay is cut off.
  const cut = await page.evaluate(() => [...document.querySelectorAll("main table")].filter((t) => t.clientWidth && t.parentElement.scrollWidth > t.parentElement.clientWidth + 1 && !t.querySelector("td[colspan]")).map((t) => `${t.getAttribute("aria-label") ?? t.caption?.innerText ?? "a table"} by ${t.parentElement.scrollWidth - t.parentElement.clientWidth} px`));
  const code = await page.evaluate(() => [window.pwned, document.querySelectorAll('img[src="x"], [onerror]').length, [...document.scripts].filter((s) => s.type !== "application/json" && s.textContent.includes("pwned")).length]);
  return [
    ...violations.map((v) => `${what}: ${v.id}: ${v.nodes.map((n) => `${n.html.slice(0, 300)} ${n.failureSummary}`).join("; ").slice(0, 1200)}`),
    ...(wide > 0 ? [`${what} is ${wide} px too wide`] : []),
    ...cut.map((t) => `${what}: ${t} is cut off`),
    ...(code.some(Boolean) ? [`${what}: a name was run as code: ${code}`] : []),
  ];
}

test("no page of the console has a fault, and no name is taken for code", async () => {
  const faults = [], named = new Set();
  const look = async (name) => {
    if ((await page.locator("main, body").first().innerText()).includes("onerror")) named.add(name);
    await page.evaluate(axe);
    const { width } = page.viewportSize();
    for (const theme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme: theme }); // for pages that follow the system
      await page.evaluate((t) => {
        const still = new CSSStyleSheet(); // a colour that is still changing is none to judge
        still.replaceSync("* { transition: none !important; animation: none !important }");
        document.adoptedStyleSheets = [still];
        document.documentElement.dataset.theme = t;
      }, theme);
      faults.push(...(await check(`${name} at ${width} px in ${theme}`, theme === "light" ? everything : colours)));
      if (process.env.SHOTS) await page.screenshot({ path: join(shots, `${name}-${width}-${theme}.png`), fullPage: true });
    }
  };
  const places = await walk(look);
  const without = Object.keys(routes).filter((name) => !places[name]);
  assert.deepEqual(without.filter((name) => !/\$/.test(routes[name].slice(scope.length))), [], "pages that no link leads to");
  for (const name of without) console.log(`# ${name} was not seen: there was nothing to open`);
  const { within, without: alone } = await outside();
  const again = async (some) => {
    for (const [name, path] of Object.entries(some)) {
      await open(path);
      await look(name);
    }
  };
  await again(within);
  await page.setViewportSize({ width: 360, height: 740 });
  await again({ ...places, ...within });
  const gone = await deleted(); // which this session has opened from then on
  await again(gone);
  await page.setViewportSize({ width: 1280, height: 860 });
  await again(gone);
  // Who is not signed in is asked who they are, which the browser is told with a 401; nothing else may go wrong.
  const signedIn = page;
  const stranger = await chrome.browser.newContext({ viewport: { width: 1280, height: 860 }, reducedMotion: "reduce", ignoreHTTPSErrors: true });
  page = await stranger.newPage();
  page.on("pageerror", (e) => wrong.push(e.message));
  await again(alone);
  await page.setViewportSize({ width: 360, height: 740 });
  await again(alone);
  await stranger.close();
  page = signedIn;
  for (const name of ["users", "user", "accounts", "account", "oauthClients", "appOverrides", "clients", "workflows", "workflow", "instance", "accountAliases", "sessions", "session", "privateComponents", "mcpServer", "triggers"]) assert.ok(named.has(name), `${name} shows a name that wants to be code`);
  assert.equal([...faults, ...wrong].join("\n"), "");
});
