// A workflow in the console, from its first step to an event that went wrong and was put right: it is built in the
// picture, tested, deployed, called, seen to fail, mended with the event that it failed of, and that event is replayed.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { after, before, test } from "node:test";
import { browser, client, listen, start } from "./stack.mjs";

const root = resolve(import.meta.dirname, "../..");
const shots = join(root, ".patchbay/screenshots/workflow");
const axe = readFileSync(join(root, "web/node_modules/axe-core/axe.min.js"), "utf8");
let stack, api, chrome, receiver, page;
let place = "/here"; // where the receiver takes what it is sent
const wrong = [], got = [];

before(async () => {
  mkdirSync(shots, { recursive: true });
  stack = await start();
  [api, chrome] = [await client(stack), await browser()];
  receiver = await listen(async (req, res) => {
    let raw = "";
    for await (const chunk of req) raw += chunk;
    got.push(JSON.parse(raw || "null"));
    res.writeHead(req.url === place ? 200 : 422, { "Content-Type": "application/json" }).end(JSON.stringify({ id: 7 }));
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

test("a workflow is built, tested, deployed, fails, is mended, and what it failed of is replayed", async () => {
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
  await drawer("send").getByLabel("URL", { exact: true }).fill(`${receiver.url}/here`);
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
  await drawer("send").getByLabel("URL", { exact: true }).fill(`${receiver.url}/here`);
  await page.getByRole("button", { name: "Create workflow" }).click();
  await page.getByRole("tab", { name: "Versions" }).waitFor();

  // It is tested before it runs for anybody: what becomes of each step is shown at it.
  await page.getByRole("button", { name: "Test", exact: true }).click();
  const dialog = page.getByRole("dialog", { name: "Test the draft" });
  await dialog.getByRole("textbox", { name: "Event" }).fill('{"body": {"contacts": [{"name": "Test"}]}}');
  await dialog.getByRole("button", { name: "Run the test" }).click();
  await picture().getByRole("button", { name: /^send.*Succeeded/ }).waitFor();
  assert.deepEqual(got.splice(0), [{ name: "Test" }]);
  await shot("tested");

  await page.getByRole("tab", { name: "YAML" }).click();
  const yaml = page.getByLabel("Definition");
  await yaml.waitFor();
  const text = await yaml.inputValue();
  assert.match(text, /name: Tell each contact\n/);
  assert.match(text, / {4}steps:\n {6}- name: send\n/);
  await shot("yaml");
  await deploy("The first one", 1);

  // The receiver moves, and an event is lost on it.
  place = "/there";
  const flow = (await api("GET", "/v1/projects/{p}/workflows")).body.data.find((w) => w.name === "Tell each contact");
  const first = await api("POST", flow.endpoint.url, { contacts: [{ name: "Ada" }, { name: "Grace" }] });
  assert.ok(first.status >= 400, `${first.status}`);
  assert.deepEqual(got.splice(0), [{ name: "Ada" }]);
  const failed = (await api("GET", `/v1/projects/{p}/runs?workflow_id=${flow.id}&version=1`)).body.data.find((r) => !r.test);
  await page.getByRole("tab", { name: "Runs" }).click();
  await page.getByRole("link", { name: `…${failed.id.slice(-8)}` }).click();
  await page.getByText(/Step .*send failed/).waitFor();
  await page.getByRole("button", { name: /^send ?, failed/ }).first().waitFor();
  seen.push(...(await faults("the run")));
  await shot("run");

  // It is mended with that event: its values are there, and a test says whether it is right.
  await page.getByRole("link", { name: "Tell each contact" }).click();
  await picture().getByRole("button", { name: /^send.*Failed/ }).click();
  await drawer("send").getByLabel("URL", { exact: true }).fill(`${receiver.url}/there`);
  await picture().getByRole("button", { name: /^send.*changed since/ }).waitFor();
  await shot("stale");
  await picture().getByRole("button", { name: /^for_each/ }).click();
  await drawer("for_each").getByRole("button", { name: "Test up to here" }).click();
  const again = page.getByRole("dialog", { name: "Test up to for_each" });
  await again.getByRole("combobox", { name: "Event of" }).click();
  await page.getByRole("option", { name: /, (failed|dead lettered)$/ }).click();
  await again.getByRole("button", { name: "Run the test" }).click();
  await picture().getByRole("button", { name: /^for_each.*Succeeded/ }).waitFor();
  assert.deepEqual(got.splice(0), [{ name: "Ada" }, { name: "Grace" }]);
  await deploy("The receiver has moved", 2);

  // What changed is seen, and why.
  await page.getByRole("tab", { name: "Versions" }).click();
  const versions = page.getByRole("list", { name: "Versions" });
  await versions.getByText("The receiver has moved").waitFor();
  await page.getByRole("table", { name: "From Version 1 to Version 2" }).first().getByText("/there").waitFor();
  seen.push(...(await faults("the versions")));
  await shot("versions");

  // The event that was lost is done after all.
  const { body: replay, status } = await api("POST", `/v1/projects/{p}/runs/${failed.id}/replay`, { version: "newest" });
  assert.ok(status < 300, JSON.stringify(replay));
  await page.getByRole("tab", { name: "Runs" }).click();
  await page.getByRole("link", { name: `…${replay.id.slice(-8)}` }).click();
  await page.getByRole("heading", { name: "Facts" }).waitFor();
  await page.getByRole("main").locator("header").first().getByText("Succeeded", { exact: true }).waitFor();
  assert.deepEqual(got.splice(0), [{ name: "Ada" }, { name: "Grace" }]);

  await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Runs", exact: true }).click();
  await page.getByRole("row", { name: /Tell each contact.*Succeeded/ }).first().waitFor();
  seen.push(...(await faults("the runs")));
  await shot("runs");
  await page.getByRole("link", { name: "Queues", exact: true }).click();
  await page.getByText("Nobody is waited for").waitFor();
  seen.push(...(await faults("the queues")));
  await page.setViewportSize({ width: 360, height: 740 });
  await page.goto(new URL(`/projects/${stack.env.PATCHBAY_PROJECT_ID}/development/runs/${replay.id}`, stack.env.PATCHBAY_BASE_URL).href);
  await page.getByRole("heading", { name: "Facts" }).waitFor();
  await shot("run-360");
  assert.equal([...seen, ...wrong].join("\n"), "");
});
