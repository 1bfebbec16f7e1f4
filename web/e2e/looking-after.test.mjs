// What is looked after in the console beyond a project's daily work: where the
// audit log goes, which id a user has, a workspace that is given up; and what the
// connect page has against a field.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { after, before, test } from "node:test";
import { browser, client, listen, start, until } from "./stack.mjs";

let stack, api, chrome, root, page;
const wrong = [];

before(async () => {
  stack = await start();
  [api, chrome] = [await client(stack), await browser()];
  root = `${stack.env.PATCHBAY_BASE_URL}/projects/${stack.env.PATCHBAY_PROJECT_ID}/development`;
  page = await chrome.context.newPage();
  page.on("pageerror", (e) => wrong.push(e.message));
  await page.goto(stack.signIn);
  await page.getByRole("heading", { name: "Overview" }).waitFor();
});

after(async () => {
  await chrome?.browser.close();
  await stack?.stop();
  assert.deepEqual(wrong, []);
});

/** Whether a request is signed with a key, among others. */
const signed = ({ headers, raw }, key) => {
  const [t, ...rest] = (headers["x-pd-signature"] ?? "").split(",");
  return rest.includes(`v1=${createHmac("sha256", key).update(`${t.slice(2)}.${raw}`).digest("hex")}`);
};

test("the audit log is sent to a webhook: set up, tried, received as signed, and its key made anew", async (t) => {
  const got = [];
  const receiver = await listen(async (req, res) => {
    let raw = "";
    for await (const chunk of req) raw += chunk;
    got.push({ headers: req.headers, raw, body: JSON.parse(raw) });
    res.end("taken");
  });
  t.after(() => receiver.server.close());
  const keyShown = async () => {
    const dialog = page.getByRole("dialog", { name: "Copy the signing key now" });
    const key = await dialog.locator("code").first().innerText();
    assert.equal(await dialog.getByRole("button", { name: "Done" }).isDisabled(), true);
    await dialog.getByLabel("I have stored it in a safe place").click();
    await dialog.getByRole("button", { name: "Done" }).click();
    await dialog.waitFor({ state: "detached" });
    return key;
  };
  /** Changes something, and waits for the batch in which that is told. */
  const told = async (product) => {
    assert.equal((await api("PATCH", "/v1/projects/{p}/brand", { product })).status, 200);
    return until(`the entry of ${product}`, () => got.find((g) => g.body.entries?.some((e) => e.entry.action === "brand.changed" && JSON.stringify(e.entry).includes(product))));
  };

  await page.goto(`${root}/audit`);
  await page.getByRole("button", { name: "Set up" }).click();
  const setUp = page.getByRole("dialog", { name: "Send the audit log to a webhook" });
  await setUp.getByLabel("Address").fill("ftp://siem.example.com/");
  await setUp.getByRole("button", { name: "Send the log there" }).click();
  await until("what is against the address, at its field", async () => (await setUp.getByLabel("Address").getAttribute("aria-invalid")) === "true");
  await setUp.getByLabel("Address").fill(`${receiver.url}/audit`);
  await setUp.getByRole("button", { name: "Send the log there" }).click();
  const first = await keyShown();
  await page.getByText("Active", { exact: true }).waitFor();

  await page.getByRole("button", { name: "Test", exact: true }).click();
  const trial = page.getByRole("dialog", { name: "Send a test" });
  await trial.getByRole("button", { name: "Send test" }).click();
  await trial.getByText("It arrived").waitFor();
  assert.ok(signed(got.find((g) => g.headers["x-patchbay-test"]), first));
  await page.keyboard.press("Escape");

  assert.ok(signed(await told("Under the first key"), first));
  await page.getByRole("button", { name: "New signing key" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Make a new key" }).click();
  const second = await keyShown();
  assert.notEqual(second, first);
  const both = await told("Under both keys");
  assert.deepEqual([signed(both, first), signed(both, second)], [true, true]);
});

test("a user is given another id, which is typed twice, and the page follows to where they are", async () => {
  await api("POST", "/v1/connect/{p}/tokens", { external_user_id: "taken" });
  const { token } = (await api("POST", "/v1/connect/{p}/tokens", { external_user_id: "before" })).body;
  const { status } = await api("POST", "/v1/connect/{p}/accounts", { app_slug: "acme_crm_key", cfmap_json: JSON.stringify({ api_key: "acme_demo_key_ada" }), connect_token: token, name: "Ada’s CRM" }, { Authorization: `Bearer ${token}` });
  assert.equal(status, 200);
  await page.goto(`${root}/users/before`);
  await page.getByRole("button", { name: "Change id" }).click();
  const dialog = page.getByRole("dialog", { name: "Change this user's id" }), act = dialog.getByRole("button", { name: "Change id" });
  await dialog.getByLabel("New id").fill("taken");
  assert.equal(await act.isDisabled(), true);
  await dialog.getByLabel("Type the id that goes, to confirm").fill("before");
  await act.click();
  await until("that the id is taken, said at its field", async () => (await dialog.getByLabel("New id").getAttribute("aria-invalid")) === "true");
  await dialog.getByLabel("New id").fill("after@example.com");
  await act.click();
  await page.getByRole("heading", { level: 1, name: "after@example.com" }).waitFor();
  await page.getByText(/What happened before was moved/).waitFor();
  // Where there is much to move, the page tells how far that is until it is done.
  let looks = 0;
  await page.route(/\/user_renames\?/, async (route) => {
    const answer = await route.fetch(), body = await answer.json();
    const slow = ++looks <= 2 && { status: "moving", moved: { events: looks * 1200 }, moved_at: null };
    await route.fulfill({ response: answer, json: { ...body, data: body.data.map((r) => ({ ...r, ...slow })) } });
  });
  await page.reload();
  for (const far of [/is being moved: 1,200 events/, /is being moved: 2,400 events/, /What happened before was moved/]) await page.getByRole("status").filter({ hasText: far }).waitFor();
  await page.unroute(/\/user_renames\?/);
  await page.getByRole("link", { name: /Ada’s CRM/ }).waitFor();
  await page.goto(`${root}/users/before`);
  await page.getByText("The user who had this id has another since").waitFor();
  await page.getByRole("link", { name: "after@example.com" }).click();
  await page.getByRole("heading", { level: 1, name: "after@example.com" }).waitFor();
});

test("a key in the wrong form is refused at its field on the connect page, which brings one there", async () => {
  const { connect_link_url: link } = (await api("POST", "/v1/connect/{p}/tokens", { external_user_id: "typo" })).body;
  const hosted = await chrome.context.newPage();
  await hosted.goto(`${link}&app=acme_crm_key`);
  const field = hosted.getByLabel("API key", { exact: true });
  await field.fill("sk_live_of_another");
  await hosted.getByRole("button", { name: "Connect" }).click();
  await until("the field to be marked", async () => (await field.getAttribute("aria-invalid")) === "true");
  assert.equal(await field.evaluate((f) => f === document.activeElement), true);
  const why = await field.evaluate((f) => (f.getAttribute("aria-describedby") ?? "").split(" ").map((id) => document.getElementById(id)?.textContent ?? "").join(" "));
  assert.ok(why.trim().length > 0);
  assert.equal((await api("GET", "/v1/connect/{p}/accounts?external_user_id=typo")).body.data.length, 0);
  await field.fill("acme_demo_key_ada");
  await until("the mark to go", async () => (await field.getAttribute("aria-invalid")) !== "true");
  await hosted.getByRole("button", { name: "Connect" }).click();
  await hosted.getByRole("heading", { name: "Connected" }).waitFor();
  await hosted.close();
});

test("a workspace that is given up can be taken back, and until then says what waits", async () => {
  await page.goto(root);
  await page.getByRole("button", { name: /^Workspace:/ }).click();
  await page.getByRole("menuitem", { name: "New workspace…" }).click();
  await page.getByLabel("Name").fill("Given up");
  await page.getByRole("button", { name: "Create workspace" }).click();
  await page.getByRole("heading", { name: "Begin with a project" }).waitFor();
  const deleted = await page.evaluate(async () => (await fetch("/console/api/workspace/deletion", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ name: "Given up" }) })).status);
  assert.equal(deleted, 204);
  await page.goto(`${stack.env.PATCHBAY_BASE_URL}/`);
  await page.getByRole("heading", { name: "This workspace is going to be deleted" }).waitFor();
  await page.getByText("Nothing runs in it").waitFor();
  await page.getByRole("button", { name: "Take the workspace back" }).click();
  await page.getByRole("heading", { name: "Begin with a project" }).waitFor();
});
