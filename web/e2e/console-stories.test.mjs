// What members do with the console as a whole: they go about by the keyboard,
// keep what they look at, and lose nothing when something comes between.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { gzipSync } from "node:zlib";
import { browser, client, start } from "./stack.mjs";

const axe = readFileSync(join(import.meta.dirname, "../node_modules/axe-core/axe.min.js"), "utf8");
let stack, api, chrome, root;

before(async () => {
  stack = await start();
  [api, chrome] = [await client(stack), await browser()];
  root = `${stack.env.PATCHBAY_BASE_URL}/projects/${stack.env.PATCHBAY_PROJECT_ID}/development`;
  const page = await chrome.context.newPage();
  await page.goto(stack.signIn);
  await page.getByRole("heading", { name: "Overview" }).waitFor();
  await page.close();
});

after(async () => {
  await chrome?.browser.close();
  await stack?.stop();
});

/** A page of the console, signed in. What goes wrong on it fails the test. */
async function open(t, path) {
  const page = await chrome.context.newPage();
  const wrong = [];
  page.on("pageerror", (e) => wrong.push(e.message));
  t.after(async () => {
    await page.close();
    assert.deepEqual(wrong, []);
  });
  await page.goto(root + path);
  await page.getByRole("heading", { level: 1 }).first().waitFor();
  return page;
}

/** Makes a user, with nothing connected. */
const user = (id) => api("POST", "/v1/connect/{p}/tokens", { external_user_id: id });

test("the keyboard alone leads to a page, to a user, to what an id names, and back", async (t) => {
  await user("grace@example.com");
  const page = await open(t, "");
  await page.keyboard.press("Control+k");
  const field = page.getByRole("combobox", { name: /Search pages/ });
  await field.fill("deliv");
  await page.getByRole("option", { name: "Deliveries", selected: true }).waitFor();
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: "Deliveries" }).waitFor();

  await page.keyboard.press("Control+k");
  await field.fill("grace");
  await page.getByRole("option", { name: /grace@example.com/, selected: true }).waitFor();
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: /grace/ }).waitFor();

  const { body: flow } = await api("POST", "/v1/projects/{p}/workflows", { name: "By its id", triggers: [{ type: "http", auth: "oauth" }], steps: [{ name: "answer", type: "respond", status: 200, body: {} }] });
  await page.keyboard.press("Control+k");
  await field.fill(flow.id);
  await page.getByRole("option", { name: /Open the workflow/, selected: true }).waitFor();
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: "By its id" }).waitFor();

  await page.keyboard.press("g");
  await page.keyboard.press("u");
  await page.getByRole("heading", { level: 1, name: "Users" }).waitFor();
  await page.keyboard.press("Control+k");
  await page.getByRole("group", { name: "Recent" }).getByRole("option", { name: /By its id/ }).waitFor();
  await page.keyboard.press("Escape");
  await field.waitFor({ state: "detached" });

  await page.keyboard.press("?");
  const sheet = page.getByRole("dialog", { name: "Keyboard" });
  await sheet.getByText("Dead letters").waitFor();
  await page.keyboard.press("Escape");
  await sheet.waitFor({ state: "detached" });
});

test("a view keeps its filters under a name, on the server, and can be what a list begins with", async (t) => {
  for (const id of ["view-ada", "view-bob", "other"]) await user(id);
  const page = await open(t, "/users?q=view-");
  await page.getByRole("button", { name: "Save view" }).click();
  const dialog = page.getByRole("dialog", { name: /Save these filters/ });
  await dialog.getByLabel("Name", { exact: true }).fill("Mine <b>");
  await dialog.getByLabel("Show it first").click();
  await dialog.getByRole("button", { name: "Save view" }).click();
  const views = page.getByRole("group", { name: "Views" });
  await views.getByRole("link", { name: "Mine <b>" }).waitFor();

  // Another tab of the member begins with it, and can leave it.
  const again = await open(t, "/users");
  await again.waitForURL(/q=view-/);
  await again.getByRole("link", { name: "view-ada" }).waitFor();
  assert.equal(await again.getByRole("link", { name: "other", exact: true }).count(), 0);
  await again.getByRole("group", { name: "Views" }).getByRole("link", { name: "All", exact: true }).click();
  await again.getByRole("link", { name: "other", exact: true }).waitFor();
  await again.reload();
  await again.getByRole("link", { name: "other", exact: true }).waitFor();

  await again.getByRole("group", { name: "Views" }).getByRole("link", { name: "Mine <b>" }).click();
  await again.getByRole("button", { name: "What to do with the view Mine <b>" }).click();
  await again.getByRole("menuitem", { name: "Delete view" }).click();
  await again.getByRole("button", { name: "Save view" }).waitFor();
  await again.goto(`${root}/users`);
  await again.getByRole("link", { name: "other", exact: true }).waitFor();
});

test("a list is taken along as CSV, all of it and no more than its filter, and a spreadsheet runs none of it", async (t) => {
  const names = ["csv-plain", "=HYPERLINK(\"https://evil.example\")csv-", ...Array.from({ length: 60 }, (_, i) => `csv-${String(i).padStart(2, "0")}`)];
  for (const id of names) await user(id);
  const page = await open(t, "/users?q=csv-");
  await page.getByText(/^50 of 62$/).waitFor();
  const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "CSV" }).click()]);
  assert.equal(file.suggestedFilename(), "users-development.csv");
  const lines = readFileSync(await file.path(), "utf8").replace(/^\ufeff/, "").trimEnd().split("\r\n");
  assert.equal(lines.length, 63);
  assert.match(lines[0], /(^|,)external_id(,|$)/);
  assert.equal(lines.filter((l) => /(^|,)"?=/.test(l)).length, 0);
  assert.equal(lines.filter((l) => l.includes(`"'=HYPERLINK(""https://evil.example"")csv-"`)).length, 1);
});

test("j and k go through the rows of a list, and Enter opens one", async (t) => {
  for (const id of ["rows-a", "rows-b"]) await user(id);
  const page = await open(t, "/users?q=rows-");
  await page.getByRole("link", { name: "rows-a" }).waitFor();
  const at = () => page.evaluate(() => document.activeElement.textContent);
  await page.keyboard.press("j");
  const first = await at();
  await page.keyboard.press("j");
  const second = await at();
  assert.deepEqual([first, second].sort(), ["rows-a", "rows-b"]);
  await page.keyboard.press("k");
  assert.equal(await at(), first);
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: first }).waitFor();
});

test("a session that ends takes nothing of what was typed: one signs in again and goes on", async (t) => {
  const page = await open(t, "/endpoints");
  await page.getByRole("button", { name: "Add an endpoint" }).click();
  const form = page.getByRole("dialog", { name: "Add an endpoint" });
  await form.getByLabel("URL").fill("https://hooks.example.com/kept");
  await form.getByLabel(/^Description/).fill("typed before the session ended");
  await page.evaluate(() => fetch("/console/api/session", { method: "DELETE" }));
  await form.getByRole("button", { name: /^(Add|Create|Save)/ }).click();
  const again = page.getByRole("alertdialog", { name: "Your session has ended" });
  const [door] = await Promise.all([page.waitForEvent("popup"), again.getByRole("button", { name: "Sign in" }).click()]);
  await door.getByLabel("E-mail").fill(stack.env.PATCHBAY_ADMIN_EMAIL);
  await door.getByLabel("Password", { exact: true }).fill(stack.env.PATCHBAY_ADMIN_PASSWORD);
  await door.getByLabel("Password", { exact: true }).press("Enter");
  await again.waitFor({ state: "detached" });
  assert.equal(await form.getByLabel(/^Description/).inputValue(), "typed before the session ended");
  await form.getByRole("button", { name: /^(Add|Create|Save)/ }).click();
  await form.waitFor({ state: "detached" });
  assert.ok((await api("GET", "/v1/projects/{p}/endpoints")).body.data.some((e) => e.url === "https://hooks.example.com/kept"));
});

test("two who edit one thing are told of each other, and nothing is written over unseen", async (t) => {
  const define = (name) => ({ name, triggers: [{ type: "http", auth: "oauth" }], steps: [{ name: "answer", type: "respond", status: 200, body: {} }] });
  const { body: flow } = await api("POST", "/v1/projects/{p}/workflows", define("Before"));
  const page = await open(t, `/workflows/${flow.id}?tab=yaml`);
  const text = page.getByRole("tabpanel").getByRole("textbox").first();
  await text.fill((await text.inputValue()).replace("Before", "Mine"));
  await api("PUT", `/v1/projects/{p}/workflows/${flow.id}`, define("Theirs"));
  await page.getByRole("button", { name: "Save draft" }).click();
  const told = page.getByRole("alertdialog", { name: /changed meanwhile/ });
  await told.waitFor();
  const kept = async () => (await api("GET", `/v1/projects/{p}/workflows/${flow.id}`)).body.name;
  assert.equal(await kept(), "Theirs");
  await told.getByRole("button", { name: "Go on editing" }).click();
  assert.match(await text.inputValue(), /Mine/);
  await page.getByRole("button", { name: "Save draft" }).click();
  await told.getByRole("button", { name: "Keep mine, write over theirs" }).click();
  await told.waitFor({ state: "detached" });
  await page.getByRole("heading", { level: 1, name: "Mine" }).waitFor();
  assert.equal(await kept(), "Mine");

  await api("PATCH", "/v1/projects/{p}/brand", { radius: 3 });
  const brand = await open(t, "/branding");
  const product = brand.getByLabel("Name of the product");
  await product.fill("Mine");
  await api("PATCH", "/v1/projects/{p}/brand", { product: "Theirs" });
  await brand.getByRole("button", { name: "Save", exact: true }).click();
  const other = brand.getByRole("alertdialog", { name: /changed meanwhile/ });
  await other.getByText(/Somebody saved it/).waitFor();
  assert.match(await other.getByRole("list", { name: "What differs" }).innerText(), /Product\s+There now\s+Theirs\s+Yours\s+Mine/);
  await brand.evaluate(axe);
  const { violations } = await brand.evaluate(() => window.axe.run(document.querySelector("[role=alertdialog]"), { resultTypes: ["violations"] }));
  assert.deepEqual(violations.map((v) => v.help), []);
  await other.getByRole("button", { name: "Take theirs" }).click();
  await other.waitFor({ state: "detached" });
  assert.equal(await product.inputValue(), "Theirs");
});

test("the playground makes the calls that it writes, and shows what comes of them", async (t) => {
  const id = "play-ada";
  const { body: { token } } = await api("POST", "/v1/connect/{p}/tokens", { external_user_id: id });
  const made = await api("POST", "/v1/connect/{p}/accounts", { app_slug: "acme_crm_key", cfmap_json: JSON.stringify({ api_key: "acme_demo_key_ada" }), connect_token: token, name: "Played" }, { Authorization: `Bearer ${token}` });
  assert.equal(made.status, 200);
  const page = await open(t, `/playground?user=${id}&url=/api/contacts`);
  const step = (title) => page.locator("section").filter({ has: page.getByRole("heading", { level: 2, name: title }) });
  const begin = step(/^1\. /);
  await begin.getByRole("button", { name: "Run" }).click();
  await begin.getByText("connect_link_url").last().waitFor();
  await begin.getByRole("tab", { name: "curl" }).click();
  await begin.getByText(`"external_user_id": "${id}"`).first().waitFor();
  const proxy = step(/^3\. /);
  await proxy.getByRole("button", { name: "Run" }).click();
  await proxy.getByText("200", { exact: true }).waitFor();
  const refused = step(/^4\. /);
  await refused.getByLabel("Props").fill("no JSON");
  assert.ok(await refused.getByRole("button", { name: "Run", exact: true }).isDisabled());
});

test("the first load is small", async (t) => {
  const dist = join(import.meta.dirname, "../dist");
  const first = [...new Set(readFileSync(join(dist, "index.html"), "utf8").match(/assets\/[^"]+/g))];
  const size = first.reduce((n, f) => n + gzipSync(readFileSync(join(dist, f)), { level: 9 }).length, 0);
  assert.ok(size < 180 * 1024, `${size} bytes, packed, before anything is seen`);
  const page = await open(t, "");
  const began = Date.now();
  await page.reload();
  await page.getByRole("button", { name: "Search and commands" }).waitFor();
  console.log(`# first load: ${(size / 1024).toFixed(0)} KiB packed, usable after ${Date.now() - began} ms`);
});
