// <ComponentForm> in a browser: nothing for axe to find, room for it on a phone, and a keyboard is enough.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { after, before, test } from "node:test";
import { rolldown } from "rolldown";
import { browser, listen } from "../../web/e2e/stack.mjs";

const here = import.meta.dirname, shots = resolve(here, "../../.patchbay/screenshots");
const axe = createRequire(join(here, "../../web/e2e/stack.mjs")).resolve("axe-core/axe.min.js");
let server, chrome;

before(async () => {
  const bundle = await rolldown({ input: join(here, "form/page.tsx"), transform: { define: { "process.env.NODE_ENV": '"production"' } }, logLevel: "silent" });
  const { output } = await bundle.generate({ format: "esm" });
  const files = {
    "/": ["text/html", `<!doctype html><html lang="en"><meta name="viewport" content="width=device-width"><title>Form</title><link rel="stylesheet" href="/styles.css">
      <style>:root { color-scheme: light dark; font-family: sans-serif; } body { margin: 16px; color: CanvasText; background: Canvas; } main { max-width: 32rem; }</style><main><h1>Act</h1><div id="form"></div><output></output></main><script type="module" src="/page.js"></script></html>`],
    "/page.js": ["text/javascript", output[0].code],
    "/styles.css": ["text/css", readFileSync(join(here, "../react/dist/styles.css"))],
    "/v1/connect/accounts": ["application/json", JSON.stringify({ data: [{ id: "apn_1", name: "Ada", healthy: true }, { id: "apn_2", name: "Old", dead: true }], page_info: { end_cursor: null } })],
    "/v1/connect/components/configure": ["application/json", JSON.stringify({ options: Array.from({ length: 30 }, (_, n) => ({ label: `#channel-${n}`, value: `C${n}` })) })],
  };
  server = await listen((req, res) => {
    const [type, body] = files[new URL(req.url, "http://x").pathname] ?? [];
    if (!type) return res.writeHead(404).end();
    res.writeHead(200, { "Content-Type": type }).end(body);
  });
  chrome = await browser();
  mkdirSync(shots, { recursive: true });
});

after(async () => {
  await chrome?.browser.close();
  server?.server.close();
});

async function visit(colorScheme = "light", width = 1280) {
  const page = await chrome.context.newPage();
  await page.emulateMedia({ colorScheme });
  await page.setViewportSize({ width, height: 800 });
  const wrong = [];
  page.on("pageerror", (e) => wrong.push(e.message));
  page.on("console", (m) => m.type() === "error" && !m.text().includes("404") && wrong.push(m.text()));
  await page.goto(server.url);
  await page.getByRole("combobox", { name: "Slack account" }).waitFor();
  return { page, wrong };
}

/** What axe finds, as sentences. */
async function violations(page) {
  if (!(await page.evaluate("typeof axe === 'object'"))) await page.addScriptTag({ path: axe });
  const { violations: found } = await page.evaluate(() => axe.run(document, { resultTypes: ["violations"] }));
  return found.map((v) => `${v.id}: ${v.nodes.map((n) => n.html).join(" ")}`);
}

for (const scheme of ["light", "dark"]) {
  for (const width of [320, 768, 1280]) {
    test(`${scheme}, ${width} px: as it comes, with a list open, and with all that can be wrong`, async () => {
      const { page, wrong } = await visit(scheme, width);
      const shot = (name) => page.screenshot({ path: join(shots, `sdk-form-${name}-${scheme}-${width}.png`), fullPage: true });
      const fits = async () => assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "it is wider than the screen");
      await page.locator("details").evaluate((d) => { d.open = true; });
      assert.deepEqual(await violations(page), []);
      await fits();
      await shot("first");
      await page.getByRole("combobox", { name: "Slack account" }).selectOption("apn_1");
      await page.getByRole("combobox", { name: "Channel" }).click();
      await page.getByRole("option", { name: "#channel-29" }).waitFor();
      await page.keyboard.press("ArrowDown");
      assert.deepEqual(await violations(page), []);
      await fits();
      await shot("open");
      await page.keyboard.press("Escape");
      await page.getByRole("button", { name: "Send" }).click();
      await page.getByText("Please fill this in.").first().waitFor();
      await page.waitForFunction(() => document.activeElement.closest("form")); // the focus goes to what is wrong
      assert.deepEqual(await violations(page), []);
      await fits();
      await shot("wrong");
      assert.deepEqual(wrong, []);
      await page.close();
    });
  }
}

test("a keyboard is enough", async () => {
  const { page, wrong } = await visit();
  const press = async (...keys) => { for (const k of keys) await page.keyboard.press(k); };
  const reach = async (what) => {
    for (let i = 0; i < 80; i++) {
      if (await what.evaluate((e) => e === document.activeElement)) return;
      await page.keyboard.press("Tab");
    }
    throw new Error("it cannot be reached");
  };
  await reach(page.getByRole("combobox", { name: "Slack account" }));
  await page.keyboard.type("Ada");
  await reach(page.getByRole("combobox", { name: "Channel" }));
  await page.keyboard.press("ArrowDown");
  await page.getByRole("option", { name: "#channel-0" }).waitFor();
  await page.keyboard.type("channel-12");
  await page.getByRole("option", { name: "#channel-0" }).waitFor({ state: "detached" });
  await press("ArrowDown", "Enter");
  await reach(page.getByRole("combobox", { name: "People" }));
  await page.keyboard.type("gra");
  await page.getByRole("option", { name: "Ada Lovelace" }).waitFor({ state: "detached" });
  await press("ArrowDown", "Enter", "Escape");
  await reach(page.getByRole("textbox", { name: "Message" }));
  await page.keyboard.type("Hello");
  await reach(page.getByLabel("Signing secret"));
  await page.keyboard.type("s");
  await reach(page.getByRole("checkbox", { name: "Notify everybody" }));
  await press("Space");
  await reach(page.getByRole("combobox", { name: "Mood" }));
  await page.keyboard.type("urg");
  await reach(page.getByRole("button", { name: "Add", exact: true }));
  await press("Enter");
  await page.keyboard.type("three"); // the new row has the focus
  await press("Enter"); // sends
  const sent = JSON.parse(await page.locator("output", { hasText: "{" }).textContent());
  assert.deepEqual(sent, {
    slack: { authProvisionId: "apn_1" }, channel: "C12", people: ["ada", "grace"], text: "Hello", secret: "s", times: 1, loud: true, mood: "urgent", tags: ["one", "two", "three"],
    extra: { a: 1 }, query: { value: "select 1" }, request: { method: "POST", url: "https://a.test", headers: [{ name: "X-A", value: "b" }], auth: { type: "bearer" }, body: { type: "raw" } },
    timer: { intervalSeconds: 900 }, later: "x",
  });
  assert.deepEqual(wrong, []);
  await page.close();
});
