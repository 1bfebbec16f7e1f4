// Every screen of the connect page in every state: what axe-core has to say of
// it, whether it fits, whether a keyboard is enough, and what it weighs.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { after, before, test } from "node:test";
import { gzipSync } from "node:zlib";
import { preview, viewports } from "./preview.mjs";
import { browser, until } from "./stack.mjs";

const root = resolve(import.meta.dirname, "../..");
const shots = join(root, ".patchbay/screenshots");
const axe = readFileSync(join(root, "web/node_modules/axe-core/axe.min.js"), "utf8");
let at, chrome, page, screens;
const errors = [];

const open = async (query) => {
  await page.goto(`${at.url}/_static/connect/preview.html?${new URLSearchParams(query)}`);
  await page.waitForSelector("body[data-ready]");
  await page.waitForLoadState("networkidle");
};
const show = async (change) => {
  await page.evaluate((m) => { delete document.body.dataset.ready; window.postMessage({ type: "patchbay-preview", ...m }, location.origin); }, change);
  await page.waitForSelector("body[data-ready]");
};
const check = async (what) => {
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"], runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }));
  assert.deepEqual(violations.map((v) => `${v.id}: ${v.nodes.map((n) => `${n.target} ${n.failureSummary}`).join("; ")}`), [], what);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.equal(wide, 0, `${what} is ${wide} px too wide`);
};

before(async () => {
  mkdirSync(shots, { recursive: true });
  [at, chrome] = [await preview(), await browser()];
  page = await chrome.context.newPage();
  await page.emulateMedia({ reducedMotion: "reduce" });
  page.on("pageerror", (e) => errors.push(e.message));
  page.on("console", (m) => { if (m.type() === "error" && !/font_1/.test(m.location().url)) errors.push(m.text()); });
  await open({});
  screens = (await page.evaluate(() => window.patchbayScreens));
  assert.ok(screens.length > 30, "there are screens");
});

after(async () => {
  await chrome?.browser.close();
  at?.server.close();
});

for (const { width, height } of viewports) {
  test(`no screen has a fault at ${width} px, in light and in dark`, async () => {
    await page.setViewportSize({ width, height });
    for (const mode of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme: mode, reducedMotion: "reduce" });
      await open({ mode });
      await page.evaluate(axe);
      for (const screen of screens) {
        await show({ screen, frame: false });
        await check(`${screen} at ${width} px in ${mode}`);
        if (process.env.SHOTS) await page.screenshot({ path: join(shots, `connect-${screen}-${width}-${mode}.png`), fullPage: true });
      }
    }
    assert.deepEqual(errors, []);
  });
}

test("in each language, and from right to left with words a third longer, every screen fits a phone", async () => {
  await page.setViewportSize(viewports[0]);
  for (const locale of ["de", "es", "fr", "ja", "test"]) {
    await open({ locale });
    await page.evaluate(axe);
    for (const screen of screens) {
      await show({ screen, locale });
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      assert.equal(wide, 0, `${screen} in ${locale} is ${wide} px too wide`);
      const unsaid = await page.evaluate(() => document.body.innerText.match(/\{\w+\}|\b(?:explain|input|wait|done|problem|accounts|pick)\.[a-z.]+\b/));
      assert.equal(unsaid, null, `${screen} in ${locale} says ${unsaid}`);
    }
    if (locale === "test") {
      assert.equal(await page.evaluate(() => document.documentElement.dir), "rtl");
      for (const screen of ["explain", "input-keys", "identity", "accounts"]) {
        await show({ screen });
        await check(`${screen} from right to left`);
        await page.screenshot({ path: join(shots, `connect-${screen}-320-rtl.png`), fullPage: true });
      }
      await show({ screen: "explain" });
      const [close, title] = [await page.locator(".pair .tile").first().boundingBox(), await page.locator(".pair .tile").last().boundingBox()];
      assert.ok(close.x > title.x, "the product stands on the right");
    }
  }
});

test("a brand is worn: its colours, its corners, its own words, with text that can be read on any accent", async () => {
  await page.setViewportSize(viewports[1]);
  await open({ screen: "explain" });
  await page.evaluate(axe);
  const none = { accent: null, background: null, surface: null, text: null };
  for (const accent of ["#ffd400", "#000000", "#ffffff", "#e01e5a", "#767676", "#00ff88", "#1a73e8"]) {
    const palette = { ...none, accent };
    const brand = {
      product: "Brightside", logo_url: null, logo_dark_url: null, mode: "auto", light: palette, dark: palette, radius: 0, font: "serif", font_url: null,
      texts: { en: { "explain.go": "Link {app} now" } }, support_email: null, support_url: null, privacy_url: null, terms_url: null,
    };
    for (const mode of ["light", "dark"]) {
      for (const screen of ["explain", "choice", "problem-denied", "input-keys"]) {
        await show({ brand, mode, screen });
        await check(`${screen} with ${accent} in ${mode}`);
      }
    }
    await show({ brand, mode: "light", screen: "explain" });
    await page.getByRole("button", { name: "Link Slack now" }).waitFor();
    assert.equal(await page.locator(".button.main").evaluate((b) => getComputedStyle(b).borderRadius), "0px");
    if (accent === "#ffd400") await page.screenshot({ path: join(shots, "connect-explain-brand.png") });
  }
  assert.equal((await page.content()).includes("Patchbay"), false, "no vendor's mark");
});

test("a keyboard is enough, and the focus is always seen", async () => {
  await page.setViewportSize(viewports[2]);
  for (const [screen, stops] of Object.entries({ explain: 6, "input-keys": 7, pick: 20, identity: 3, accounts: 6, choice: 3, "wait-blocked": 3, "problem-denied": 4 })) {
    await open({ screen, frame: "true" });
    const seen = new Set();
    for (let i = 0; i < 40; i++) {
      await page.keyboard.press("Tab");
      const stop = await page.evaluate(() => {
        const el = document.activeElement;
        if (el === document.body) return null;
        const label = el.closest("label"), marked = [el, label].filter(Boolean).some((e) => { const s = getComputedStyle(e); return s.outlineStyle !== "none" && parseFloat(s.outlineWidth) >= 2; });
        return { name: `${el.tagName} ${el.id} ${el.getAttribute("aria-label") ?? ""} ${el.textContent}`, marked };
      });
      if (!stop) break;
      assert.ok(stop.marked, `${stop.name} on ${screen} shows no focus`);
      seen.add(stop.name);
    }
    assert.ok(seen.size >= stops, `${screen} has ${seen.size} stops: ${[...seen].join(" | ")}`);
  }
  await open({ screen: "explain" });
  await page.getByRole("switch").first().focus();
  await page.keyboard.press("Space");
  await until("the switch to obey the space bar", async () => !(await page.getByRole("switch").first().isChecked()));
  await open({ screen: "input-keys" });
  await page.getByLabel("API key", { exact: true }).focus();
  await page.keyboard.type("  nonsense ");
  await page.keyboard.press("Enter");
  await page.getByText("This does not look right").waitFor();
  await until("the focus where something is wrong", () => page.evaluate(() => document.activeElement.id === "f-api_key"));
});

test("axe-core speaks up where there is something to say", async () => {
  await open({ screen: "input-keys" });
  await page.evaluate(axe);
  await page.evaluate(() => document.querySelectorAll("label").forEach((l) => l.remove()));
  await assert.rejects(check("a form without labels"), /label/);
  await open({ screen: "explain", mode: "light" });
  await page.evaluate(axe);
  await page.evaluate(() => { // for the whole document: a headline drawn anew is pale as well
    const pale = new CSSStyleSheet();
    pale.replaceSync("h1 { color: #ccc !important }");
    document.adoptedStyleSheets.push(pale);
  });
  await assert.rejects(check("a pale headline"), /color-contrast/);
});

test("what is loaded before the first screen is at most 60 kB", () => {
  const dist = join(root, "web/connect/dist"), manifest = JSON.parse(readFileSync(join(dist, ".vite/manifest.json"), "utf8"));
  const files = new Set(), add = (name) => {
    const e = manifest[name];
    for (const f of [e.file, ...(e.css ?? [])]) files.add(f);
    e.imports?.forEach(add);
  };
  add("src/page.tsx");
  const weigh = (raw) => gzipSync(raw).length;
  const words = Math.max(...readdirSync(join(root, "web/connect/locales")).map((n) => weigh(readFileSync(join(root, "web/connect/locales", n)))));
  const shell = weigh(readFileSync(join(root, "api/hosted/pages/page.html"))) + weigh(readFileSync(join(root, "web/connect/fixtures/page-keys.json")));
  const total = [...files].reduce((n, f) => n + weigh(readFileSync(join(dist, f))), words + shell);
  console.log(`# ${(total / 1000).toFixed(1)} kB gzip before the first screen`);
  assert.ok(files.size >= 2 && total <= 60_000, `${total} bytes`);
});
