// A workflow in the console, from its first step to a run that went wrong and was put right: it is built in the
// picture, deployed, called, seen to fail, and mended.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { after, before, test } from "node:test";
import { browser, client, listen, start, until } from "./stack.mjs";

const root = resolve(import.meta.dirname, "../..");
const shots = join(root, ".patchbay/screenshots/workflow");
const axe = readFileSync(join(root, "web/node_modules/axe-core/axe.min.js"), "utf8");
let stack, api, chrome, receiver, page;
const wrong = [], got = [];

before(async () => {
  mkdirSync(shots, { recursive: true });
  stack = await start();
  [api, chrome] = [await client(stack), await browser()];
  receiver = await listen(async (req, res) => {
    let raw = "";
    for await (const chunk of req) raw += chunk;
    got.push(JSON.parse(raw || "null"));
    res.writeHead(req.url === "/right" ? 200 : 422, { "Content-Type": "application/json" }).end(JSON.stringify({ id: 7 }));
  });
  page = await chrome.context.newPage();
  await page.emulateMedia({ reducedMotion: "reduce" });
  page.on("pageerror", (e) => wrong.push(e.message));
  await page.goto(stack.signIn);
  await page.getByRole("heading", { name: "Overview" }).waitFor();
});

after(async () => {
  await chrome?.browser.close();
  receiver?.server.close();
  await stack?.stop();
});

const shot = (name) => page.screenshot({ path: join(shots, `${name}.png`), fullPage: true });
const picture = () => page.getByRole("region", { name: "Picture of the workflow" });
const names = () => picture().locator("button[id^=node-] .font-medium").allTextContents();

async function faults(what) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"], runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }));
  return violations.map((v) => `${what}: ${v.id}: ${v.nodes.map((n) => `${n.html.slice(0, 200)} ${n.failureSummary}`).join("; ").slice(0, 900)}`);
}

/** Puts a step into the gap of this name. */
async function add(gap, search, title) {
  await picture().getByRole("button", { name: gap }).click();
  const box = page.getByRole("combobox", { name: "Search steps and actions" });
  await box.fill(search);
  await page.getByRole("option", { name: title, selected: true }).waitFor(); // the list follows what is typed
  await box.press("Enter");
  await page.getByRole("dialog").waitFor({ state: "detached" });
}
/** Deploys what is drawn, with a word on why. */
async function deploy(why, version) {
  await page.getByRole("button", { name: "Deploy", exact: true }).click();
  const dialog = page.getByRole("dialog", { name: /^Deploy/ });
  await dialog.getByLabel("Why").fill(why);
  await dialog.getByRole("button", { name: "Deploy" }).click();
  await page.getByText(`Version ${version} is running`).first().waitFor();
  await dialog.waitFor({ state: "detached" });
}
const drawer = (name) => page.getByRole("complementary", { name });

test("a workflow is built, deployed, fails, is mended and runs", async () => {
  await page.getByRole("link", { name: "Workflows", exact: true }).click();
  await page.getByRole("link", { name: "New workflow" }).first().click();
  await picture().waitFor();
  await add(/at the beginning of the workflow/, "iterate", /^For each/);
  await drawer("for_each").getByLabel("Items").fill("{{ trigger.body.contacts }}");
  await add(/at the beginning of for_each/, "rest", /^HTTP request/);
  const call = drawer("http_request");
  await call.getByLabel("Name", { exact: true }).fill("send");
  await drawer("send").getByRole("combobox", { name: "Method" }).click();
  await page.getByRole("option", { name: "POST" }).click();
  await drawer("send").getByLabel("URL", { exact: true }).fill(`${receiver.url}/wrong`);
  await drawer("send").getByLabel("Body", { exact: true }).fill('{"name": "{{ item.name }}"}');
  await add(/in the workflow, place 2/, "reply", /^Respond/);
  assert.deepEqual(await names(), ["for_each", "send", "respond"]);
  await picture().getByRole("button", { name: /HTTP call/ }).click();
  await drawer("HTTP call").getByRole("combobox", { name: "Who may call" }).click();
  await page.getByRole("option", { name: /Whoever knows/ }).click();
  await page.getByRole("button", { name: "Settings" }).last().click();
  await drawer("Settings").getByLabel("Name", { exact: true }).fill("Tell each contact");
  const seen = await faults("the editor");
  await shot("build");

  // What is wrong is told at its step, before anything is saved.
  await picture().getByRole("button", { name: /^send/ }).click();
  await drawer("send").getByLabel("URL", { exact: true }).fill("nowhere");
  await picture().getByRole("button", { name: /^send.*https:/ }).waitFor();
  await drawer("send").getByLabel("URL", { exact: true }).fill(`${receiver.url}/wrong`);
  await page.getByRole("button", { name: "Create workflow" }).click();
  await deploy("The first one", 1);

  await page.getByRole("tab", { name: "YAML" }).click();
  const text = await until("the definition", () => page.getByLabel("Definition").inputValue());
  assert.match(text, /name: Tell each contact\n/);
  assert.match(text, / {4}steps:\n {6}- name: send\n/);
  await shot("yaml");

  const flow = (await api("GET", "/v1/projects/{p}/workflows")).body.data.find((w) => w.name === "Tell each contact");
  const first = await api("POST", flow.endpoint.url, { contacts: [{ name: "Ada" }, { name: "Grace" }] });
  assert.ok(first.status >= 400, `${first.status}`);

  await page.getByRole("tab", { name: "Runs" }).click();
  await page.getByText("Failed").first().waitFor();
  await page.getByRole("link", { name: /^…/ }).first().click();
  await page.getByText(/Step .*send failed/).waitFor();
  await page.getByRole("button", { name: /^send ?, failed/ }).first().waitFor();
  seen.push(...(await faults("the run")));
  await shot("run");

  // It is mended where it failed: the editor knows what became of it.
  await page.getByRole("link", { name: "Tell each contact" }).click();
  await picture().getByRole("button", { name: /^send.*Failed/ }).click();
  await drawer("send").getByLabel("URL", { exact: true }).fill(`${receiver.url}/right`);
  await picture().getByRole("button", { name: /^send.*changed since/ }).waitFor();
  await shot("stale");
  await deploy("To where it belongs", 2);
  const second = await api("POST", flow.endpoint.url, { contacts: [{ name: "Ada" }, { name: "Grace" }] });
  assert.equal(second.status, 200);
  assert.deepEqual(got.slice(-2), [{ name: "Ada" }, { name: "Grace" }]);

  await page.getByRole("link", { name: "Runs", exact: true }).click();
  await until("the runs to be counted", () => page.getByText("1 went well").count());
  await until("both runs", async () => (await page.getByRole("row", { name: /Tell each contact/ }).count()) === 2);
  seen.push(...(await faults("the runs")));
  await shot("runs");
  await page.setViewportSize({ width: 360, height: 740 });
  await page.getByRole("row", { name: /Tell each contact.*Succeeded/ }).getByRole("link").first().click();
  await page.getByRole("heading", { name: "Facts" }).waitFor();
  await shot("run-360");
  assert.equal([...seen, ...wrong].join("\n"), "");
});
