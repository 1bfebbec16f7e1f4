// The documentation as a reader without a network sees it: every page, light and dark, on a phone and on a desk; search; and the
// reference that is drawn from the contract.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { after, before, test } from "node:test";
import { anchor, part, sections } from "../docs/build.mjs";
import { contents } from "../docs/contents.mjs";
import { browser, start } from "./stack.mjs";

const root = resolve(import.meta.dirname, "../..");
const axe = readFileSync(join(root, "web/node_modules/axe-core/axe.min.js"), "utf8");
let stack, chrome, base;

before(async () => {
  [stack, chrome] = [await start(), await browser()];
  base = `${stack.env.PATCHBAY_BASE_URL}/docs`;
});

after(async () => {
  await chrome?.browser.close();
  await stack?.stop();
});

/** A page that remembers what went wrong in it. */
async function reader(options) {
  const context = await chrome.browser.newContext(options), page = await context.newPage(), wrong = [];
  page.on("pageerror", (e) => wrong.push(e.message));
  page.on("console", (m) => { if (m.type() === "error" || m.type() === "warning") wrong.push(m.text()); });
  page.on("request", (r) => { if (/^https?:/.test(r.url()) && !r.url().startsWith(stack.env.PATCHBAY_BASE_URL)) wrong.push(`it asks ${r.url()}`); });
  page.on("response", (r) => { if (r.status() >= 400) wrong.push(`${r.status()} ${r.url()}`); });
  return { page, wrong, close: () => context.close() };
}

test("a README is cut at its headings, and not in blocks of code", () => {
  const source = "# A\n\nfirst\n\n```sh\n# no heading\n```\n\n## B b\n\nsecond\n\n### C\n\nthird\n\n## D\n";
  assert.deepEqual(sections(source).map((s) => s.title), ["", "A", "B b", "C", "D"]);
  const titles = (page) => part(source, { file: "x", ...page }).map((s) => s.title);
  assert.deepEqual(titles({ section: "B b" }), ["B b", "C"]);
  assert.deepEqual(titles({ section: "B b", alone: true }), ["B b"]);
  assert.deepEqual(titles({ until: "B b" }), ["", "A"]);
  assert.throws(() => part(source, { file: "x", section: "no heading" }));
  assert.equal(anchor("Check that a webhook is ours!"), "check-that-a-webhook-is-ours");
});

for (const colorScheme of ["light", "dark"]) {
  test(`every page can be read, ${colorScheme}`, async () => {
    const { page, wrong, close } = await reader({ colorScheme, viewport: { width: 1300, height: 900 } });
    for (const p of contents.flatMap((g) => g.pages)) {
      await page.goto(`${base}/${p.path}`);
      await page.setViewportSize({ width: 1300, height: 900 });
      assert.ok(await page.getByRole("heading", { level: 1 }).count() === 1, `${p.path} has one title`);
      await page.evaluate(axe);
      const found = await page.evaluate(async () => (await globalThis.axe.run(document)).violations.map((v) => `${v.id}: ${v.nodes.slice(0, 2).map((n) => n.html).join(" ")}`));
      assert.deepEqual(found, [], p.path);
      await page.setViewportSize({ width: 360, height: 740 });
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${p.path} fits a phone`);
    }
    assert.deepEqual(wrong, []);
    await close();
  });
}

test("what is looked for is found, by keyboard", async () => {
  const { page, wrong, close } = await reader();
  await page.goto(base);
  await page.keyboard.press("/");
  await page.keyboard.type("rotate the master key");
  await page.locator("#hits a").first().waitFor();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Keys", level: 1 }).waitFor();
  await page.getByRole("searchbox").fill("zzzqqqxxx");
  await page.getByText("Nothing says").waitFor();
  assert.deepEqual(wrong, []);
  await close();
});

test("the reference has every operation, and asks nobody else", async () => {
  const { page, wrong, close } = await reader();
  await page.goto(`${base}/api#operation/createConnectToken`);
  await page.getByRole("heading", { name: "Create a connect token for a user" }).waitFor();
  const { paths } = await (await fetch(`${base}/assets/openapi.json`)).json();
  const operations = Object.values(paths).flatMap((item) => Object.values(item).filter((op) => op?.operationId)), ids = operations.map((op) => op.operationId);
  assert.ok(ids.length > 200);
  assert.deepEqual(operations.filter((op) => !op["x-codeSamples"]?.[0].source.startsWith("curl ")).map((op) => op.operationId), []);
  await page.getByText('"ctok_0123456789abcdef0123456789abcdef"').first().waitFor(); // the answer, as the server gave it
  const missing = await page.evaluate((all) => all.filter((id) => !document.querySelector(`[id="operation/${id}"], [data-item-id$="operation/${id}"]`)), ids);
  assert.deepEqual(missing, []);
  assert.deepEqual(wrong, []);
  await close();
});
