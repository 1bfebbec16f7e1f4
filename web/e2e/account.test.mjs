// One's own account in the console: a passkey of Chromium's own virtual
// authenticator is added, signs in alone, and is the second factor beside a link.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { browser, start, until } from "./stack.mjs";

let stack, chrome, page, cdp, authenticator;
const at = (path) => new URL(path, stack.env.PATCHBAY_BASE_URL).href;

before(async () => {
  stack = await start();
  chrome = await browser();
  page = await chrome.context.newPage();
  cdp = await chrome.context.newCDPSession(page);
  await cdp.send("WebAuthn.enable");
  ({ authenticatorId: authenticator } = await cdp.send("WebAuthn.addVirtualAuthenticator", {
    options: { protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true },
  }));
  await page.goto(stack.signIn);
  await page.getByRole("heading", { name: "Overview" }).waitFor();
});

after(async () => {
  await chrome?.browser.close();
  await stack?.stop();
});

const keys = async () => (await cdp.send("WebAuthn.getCredentials", { authenticatorId: authenticator })).credentials;

test("a passkey is added, and signs in by itself", async () => {
  await page.getByRole("button", { name: /^Signed in as/ }).click();
  await page.getByRole("menuitem", { name: "Your account" }).click();
  await page.getByRole("button", { name: "Add a passkey" }).click();
  await page.getByLabel("Name").fill("Laptop");
  await page.getByRole("dialog").getByRole("button", { name: "Add passkey" }).click();
  await page.getByText("Passkey: Laptop").waitFor();
  assert.equal((await keys()).length, 1);

  await page.getByRole("button", { name: /^Signed in as/ }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await page.getByRole("heading", { name: "Sign in to Patchbay" }).waitFor();
  await page.getByRole("button", { name: "Sign in with a passkey" }).click();
  await page.getByRole("heading", { name: "Overview" }).waitFor();
  await until("the passkey to be used", async () => (await keys())[0].signCount > 1);
});

test("an account is seen whole on a phone, and its sessions end everywhere", async () => {
  await page.setViewportSize({ width: 360, height: 740 });
  await page.goto(at("/account"));
  await page.getByRole("heading", { name: "Your account" }).waitFor();
  await page.getByText("this one").waitFor();
  assert.ok((await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)) <= 0, "the page is too wide");
  await page.getByRole("button", { name: "Sign out everywhere" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Sign out everywhere" }).click();
  await page.getByRole("heading", { name: "Sign in to Patchbay" }).waitFor();
  assert.equal(await page.evaluate(async () => (await fetch("/console/api/account")).status), 401);
});
