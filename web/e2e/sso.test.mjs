// Single sign-on: an owner sets it up at the demo provider and tests it, and somebody of the provider comes in by their e-mail.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { browser, start } from "./stack.mjs";

let stack, chrome, page;

before(async () => {
  stack = await start();
  chrome = await browser();
  page = await chrome.context.newPage();
  await page.goto(stack.signIn);
  await page.getByRole("heading", { name: "Overview" }).waitFor();
});

after(async () => {
  await chrome?.browser.close();
  await stack?.stop();
});

test("an owner sets single sign-on up, and sees at once what is wrong", async () => {
  await page.getByRole("link", { name: "Single sign-on" }).click();
  await page.getByRole("heading", { name: "Single sign-on", level: 1 }).waitFor();
  await page.getByText(/\/console\/sso\/o_\w+\/callback/).waitFor();
  await page.getByLabel("Issuer").fill("http://login.example.com");
  await page.getByLabel("Client id").fill("patchbay-console");
  await page.getByLabel("Client secret").fill("acme_demo_sign_on");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("An issuer is an https URL").waitFor();
  assert.equal(await page.getByLabel("Issuer").getAttribute("aria-invalid"), "true");
  await page.getByLabel("Issuer").fill(stack.env.PATCHBAY_DEMO_URL);
  await page.getByRole("switch", { name: "Let newcomers join" }).click();
  await page.getByRole("button", { name: "Add a group" }).click();
  await page.getByLabel("Group 1", { exact: true }).fill("engineers");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("Single sign-on saved", { exact: true }).waitFor();
  await page.getByRole("textbox", { name: "Domain" }).fill("acme.test");
  await page.getByRole("button", { name: "Add the domain" }).click();
  await page.getByText("Set by the operator").waitFor();
  await page.getByRole("textbox", { name: "Domain" }).fill("example.com");
  await page.getByRole("button", { name: "Add the domain" }).click();
  await page.getByText("_patchbay.example.com").waitFor();
});

test("a directory gets a token, and says who is a member", async () => {
  await page.getByRole("button", { name: "Make a token" }).click();
  const token = await page.getByRole("dialog").locator("code").innerText();
  const made = await fetch(`${stack.env.PATCHBAY_BASE_URL}/scim/v2/Users`, { method: "POST", headers: { authorization: `Bearer ${token}`, "content-type": "application/scim+json" }, body: '{"userName":"grace@acme.test"}' });
  assert.equal(made.status, 201);
  await page.getByRole("dialog").getByRole("checkbox").click();
  await page.getByRole("dialog").getByRole("button", { name: "Done", exact: true }).click();
  await page.getByText("Has a token").waitFor();
});

test("a test signs nobody in, and shows what the provider said", async () => {
  await page.getByRole("button", { name: "Test it" }).click();
  await page.getByRole("button", { name: "Allow access" }).click();
  await page.getByRole("heading", { name: "Single sign-on", level: 1 }).waitFor();
  await page.getByText("Works", { exact: true }).waitFor();
  await page.getByText("ada@acme.test").waitFor();
  await page.getByText("engineers, admins").waitFor();
});

test("somebody of the provider comes in by their e-mail, and reaches this workspace alone", async () => {
  await page.getByRole("button", { name: /^Signed in as/ }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await page.getByRole("heading", { name: "Sign in to Patchbay" }).waitFor();
  await page.getByRole("button", { name: "Continue with SSO" }).click();
  await page.getByLabel("E-mail").fill("ada@nowhere.test");
  await page.getByRole("button", { name: "Continue with SSO" }).click();
  await page.getByText("No workspace takes e-mails of this domain").waitFor();
  await page.getByLabel("E-mail").fill("ada@acme.test");
  await page.getByRole("button", { name: "Continue with SSO" }).click();
  await page.getByRole("button", { name: "Cancel" }).click();
  await page.getByText("Your identity provider let nobody in.").waitFor();
  await page.getByRole("button", { name: "Continue with SSO" }).click();
  await page.getByLabel("E-mail").fill("ada@acme.test");
  await page.getByRole("button", { name: "Continue with SSO" }).click();
  await page.getByRole("button", { name: "Allow access" }).click();
  await page.getByRole("heading", { name: "Overview" }).waitFor();
  await page.getByRole("button", { name: "Signed in as Ada Lovelace" }).click();
  await page.getByRole("menuitem", { name: "Your account" }).click();
  await page.getByText("You came in by single sign-on").waitFor();
  assert.equal(await page.getByRole("button", { name: "Change password" }).count(), 0);
  const refused = await page.evaluate(async () => (await fetch("/console/api/workspaces", { method: "POST", headers: { "content-type": "application/json" }, body: '{"name":"Mine"}' })).json());
  assert.equal(refused.code, "sso_session");
});
