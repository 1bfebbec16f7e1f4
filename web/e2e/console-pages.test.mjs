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
  await page.goto(stack.signIn);
  await page.getByRole("heading", { name: "Overview" }).waitFor();
});

after(async () => {
  await chrome?.browser.close();
  saas?.server.close();
  hook?.server.close();
  await stack?.stop();
});

/** Goes to a page and waits until it has what it fetches. */
async function open(path) {
  await page.goto(new URL(path, stack.env.PATCHBAY_BASE_URL).href);
  await page.getByRole("heading", { level: 1 }).first().waitFor();
  await until(`${path} to be complete`, () => page.evaluate(() => !document.querySelector("main [aria-busy=true], main .animate-pulse")));
  await page.waitForTimeout(150);
}

/** An address for each kind of page that links lead to. */
async function found() {
  const places = { overview: `/projects/${stack.env.PATCHBAY_PROJECT_ID}/development` }, seen = new Set(), next = [places.overview];
  while (next.length) {
    const path = next.shift();
    if (seen.has(path)) continue;
    seen.add(path);
    await open(path);
    for (const href of await page.locator("a[href^='/projects/']").evaluateAll((all) => all.map((a) => a.getAttribute("href").split("?")[0]))) {
      const name = Object.keys(routes).sort((a, b) => (routes[a].match(/\$/g).length - routes[b].match(/\$/g).length)).find((k) => pattern(routes[k]).test(href));
      if (!name || places[name] || !href.startsWith(places.overview)) continue;
      places[name] = href;
      next.push(href);
    }
  }
  return places;
}

async function check(what) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"], runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }));
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  const code = await page.evaluate(() => [window.pwned, document.querySelectorAll('img[src="x"], [onerror]').length, [...document.scripts].filter((s) => s.textContent.includes("pwned")).length]);
  return [
    ...violations.map((v) => `${what}: ${v.id}: ${v.nodes.map((n) => `${n.html.slice(0, 300)} ${n.failureSummary}`).join("; ").slice(0, 1200)}`),
    ...(wide > 0 ? [`${what} is ${wide} px too wide`] : []),
    ...(code.some(Boolean) ? [`${what}: a name was run as code: ${code}`] : []),
  ];
}

test("no page of the console has a fault, and no name is taken for code", async () => {
  const places = await found(), faults = [], named = new Set();
  const without = Object.keys(routes).filter((name) => !places[name]);
  assert.deepEqual(without.filter((name) => !/\$/.test(routes[name].slice(scope.length))), [], "pages that no link leads to");
  for (const name of without) console.log(`# ${name} was not seen: there was nothing to open`);
  for (const [width, height] of [[360, 740], [1280, 860]]) {
    await page.setViewportSize({ width, height });
    for (const [name, path] of Object.entries(places)) {
      await open(path);
      if ((await page.locator("main").innerText()).includes("onerror")) named.add(name);
      for (const theme of ["light", "dark"]) {
        await page.evaluate((t) => {
          const still = new CSSStyleSheet(); // a colour that is still changing is none to judge
          still.replaceSync("* { transition: none !important; animation: none !important }");
          document.adoptedStyleSheets = [still];
          document.documentElement.dataset.theme = t;
        }, theme);
        faults.push(...(await check(`${name} at ${width} px in ${theme}`)));
        await page.screenshot({ path: join(shots, `${name}-${width}-${theme}.png`), fullPage: true });
      }
    }
  }
  for (const name of ["users", "user", "accounts", "account", "oauthClients", "appOverrides", "clients", "workflows", "workflow", "sessions", "session", "privateComponents", "triggers"]) assert.ok(named.has(name), `${name} shows a name that wants to be code`);
  assert.equal([...faults, ...wrong].join("\n"), "");
});
