// What members do with the console as a whole: they go about by the keyboard,
// keep what they look at, and lose nothing when something comes between.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { browser, client, start } from "./stack.mjs";

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
