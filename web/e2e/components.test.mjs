// Actions and triggers from the browser: found in the catalogue, filled in with a
// user's account, run, deployed, and watched.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { browser, client, start, until } from "./stack.mjs";

let stack, api, chrome, page;
const wrong = [];

before(async () => {
  stack = await start();
  [api, chrome] = [await client(stack), await browser()];
  const { token } = (await api("POST", "/v1/connect/{p}/tokens", { external_user_id: "ada" })).body;
  const made = await api("POST", "/v1/connect/{p}/accounts", { app_slug: "acme_crm_key", cfmap_json: JSON.stringify({ api_key: "acme_demo_key_ada" }), connect_token: token, name: "Ada’s CRM" }, { Authorization: `Bearer ${token}` });
  assert.equal(made.status, 200, JSON.stringify(made.body));
  page = await chrome.context.newPage();
  page.on("pageerror", (e) => wrong.push(e.message));
  await page.goto(stack.signIn);
  await page.getByRole("heading", { name: "Overview" }).waitFor();
});

after(async () => {
  await chrome?.browser.close();
  await stack?.stop();
});

async function shot(name) {
  if (process.env.PICTURES) await page.screenshot({ path: `${process.env.PICTURES}/${name}.png`, fullPage: true });
}

async function find(words, name) {
  await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Actions and triggers" }).click();
  await page.getByRole("searchbox").fill(words);
  await page.getByRole("link", { name }).click();
  await page.getByLabel("User", { exact: true }).fill("ada");
  await until("the user's account to be chosen", () => page.getByRole("combobox", { name: "Acme CRM (API key) account" }).inputValue()); // it is the only one
}

test("an action is found, filled in with a user's account and run, and its code does the same", async () => {
  await find("list contacts", /acme-crm-key-list-contacts/);
  await page.getByText("Optional settings").click();
  await page.getByLabel("Number of contacts").fill("0");
  await page.getByRole("button", { name: "Run", exact: true }).click();
  await page.getByText("At least 1.").waitFor();
  await page.getByLabel("Number of contacts").fill("2");
  await page.getByLabel("Number of contacts").press("Enter");
  await page.getByText("Found 2 contacts").waitFor();
  assert.equal(JSON.parse(await page.locator("[role=tabpanel] pre").first().innerText()).length, 2);
  await page.getByRole("tab", { name: /^Log/ }).click();
  await page.getByRole("list", { name: "Log" }).getByText(/GET .*\/api\/contacts.* → 200/).first().waitFor();
  await shot("run");

  const code = await page.locator("pre", { hasText: "curl -sS" }).filter({ hasText: "authProvisionId" }).innerText();
  const body = JSON.parse(code.match(/-d '(.*)'$/s)[1]);
  const again = await api("POST", "/v1/connect/{p}/actions/run", body);
  assert.equal(again.body.exports.$summary, "Found 2 contacts");

  await page.reload();
  await page.getByText("Optional settings").waitFor();
  assert.equal(await page.getByLabel("Number of contacts").inputValue(), "2", "what was filled in is still there");
  assert.deepEqual(wrong, []);
});

test("what the app refuses is told as it is, and is no crash", async () => {
  await find("create contact", /acme-crm-key-create-contact/);
  await page.getByRole("button", { name: "Run", exact: true }).click();
  await page.getByText("Please fill this in.").waitFor();
  await page.getByLabel("Name", { exact: true }).fill("Mary Somerville");
  await page.getByText("Optional settings").click();
  await page.getByLabel("E-mail").fill("nowhere");
  await page.getByRole("button", { name: "Run", exact: true }).click();
  await page.getByText("The app refused it").waitFor();
  await page.getByText("email must be an e-mail address").first().waitFor();
  await shot("refused");
  assert.deepEqual(wrong, []);
});

test("a trigger is deployed from its form, and its events are seen, paused and sent again", async () => {
  await find("new contact", /acme-crm-key-new-contact/);
  await page.getByRole("button", { name: "Deploy", exact: true }).click();
  await page.getByRole("button", { name: "Pause" }).waitFor();
  const events = page.getByRole("list", { name: "Events" });
  await events.getByRole("listitem").first().waitFor(); // of what was there already
  await events.locator("summary").first().click();
  await events.getByText(/"email": /).first().waitFor();
  await shot("trigger");
  await events.getByRole("button", { name: "Send again …" }).first().click();
  await page.getByRole("dialog", { name: "Send again" }).getByText("There is nothing to send.").waitFor(); // nobody hears in this environment
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Pause" }).click();
  await page.getByText("Paused", { exact: true }).waitFor();
  await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Deployed triggers" }).click();
  const row = page.getByRole("row", { name: /acme-crm-key-new-contact/ });
  await row.getByText("Paused").waitFor();
  await shot("triggers");
  await row.getByRole("link").click();
  await page.getByRole("button", { name: "Delete", exact: true }).click();
  await page.getByRole("button", { name: "Delete trigger" }).click();
  await page.getByText("No trigger is deployed").waitFor();
  assert.deepEqual(wrong, []);
});
