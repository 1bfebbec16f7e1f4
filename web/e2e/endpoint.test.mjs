// The story of an endpoint that fails: its breaker opens, the operator sees it
// in the console, mends the receiver, tries it out, enables it, sends again what
// was given up, and everything arrives once or more, signed.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { browser, client, sink, start, until } from "./stack.mjs";

let stack, api, hook, chrome;

before(async () => {
  stack = await start();
  api = await client(stack);
  hook = await sink();
  chrome = await browser();
});

after(async () => {
  await chrome?.browser.close();
  hook?.server.close();
  const code = await stack?.stop();
  assert.equal(code, 0, "Ctrl-C ends the program cleanly");
});

test("an endpoint fails, is seen to fail, is mended, and everything arrives", async () => {
  const page = await chrome.context.newPage();
  const errors = [];
  page.on("pageerror", (e) => errors.push(e.message));
  await page.goto(stack.signIn);
  await page.getByRole("heading", { name: "Overview" }).waitFor();

  await page.getByRole("link", { name: "Endpoints", exact: true }).click();
  await page.getByRole("button", { name: "Add an endpoint" }).click();
  const form = page.getByRole("dialog");
  await form.getByLabel("URL").fill(hook.url);
  await form.getByLabel("Description (optional)").fill("Orders");
  await form.getByText("Pace, order and retries").click();
  await form.getByLabel("Retries").fill("1, 1");
  await form.getByRole("button", { name: "Add endpoint" }).click();
  const secret = page.getByRole("dialog", { name: "Copy the signing key now" });
  hook.key = (await secret.locator("code").first().textContent()).trim();
  assert.match(hook.key, /^[0-9a-f]{64}$/);
  await secret.getByText("I have stored it in a safe place").click();
  await secret.getByRole("button", { name: "Done" }).click();

  hook.broken = true;
  const trigger = (await api("POST", "/v1/connect/{p}/triggers/deploy", { id: "http-new-requests", external_user_id: "ada" })).body.data;
  const emit = (order) => api("POST", trigger.endpoint_url, { order });
  await emit(1);
  await emit(2);
  await until("a delivery that is given up", async () => (await api("GET", "/v1/projects/{p}/dead_letters")).body.data.length > 0);
  for (let order = 3; order <= 8; order++) await emit(order);

  await page.getByText("Paused").waitFor();
  await page.getByRole("link", { name: "Orders" }).click();
  await page.getByText("The receiver is left alone for a while").waitFor();
  await page.getByText(/[67] deliveries wait; none is lost or used up meanwhile/).waitFor();
  if (process.env.PICTURE) await page.screenshot({ path: process.env.PICTURE });
  assert.equal(hook.got.length, 0);

  await page.getByRole("button", { name: "Send test" }).click();
  await page.getByText("It did not arrive").waitFor();
  hook.broken = (req) => !req.headers["x-patchbay-test"]; // nothing else may arrive until the endpoint is enabled
  await page.getByRole("button", { name: "Send test" }).click();
  await page.getByText("It arrived").waitFor();

  await page.getByRole("button", { name: "It works again: enable…" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Enable and send" }).waitFor();
  hook.broken = false;
  await page.getByRole("dialog").getByRole("button", { name: "Enable and send" }).click();
  await page.getByText("Active").first().waitFor();
  const sent = () => hook.got.filter((g) => !g.headers["x-patchbay-test"]), orders = () => new Set(sent().map((g) => g.body.body.order));
  await until("what waited", () => [3, 4, 5, 6, 7, 8].every((n) => orders().has(n)));

  await page.getByRole("link", { name: "Dead letters", exact: true }).click();
  await page.getByRole("button", { name: "Send all again" }).click();
  await page.getByRole("dialog").getByRole("button", { name: /^Send \d again$/ }).click();
  await until("what was given up", () => orders().size === 8);
  const ids = new Map(sent().map((g) => [g.body.body.order, g.headers["webhook-id"]]));
  assert.ok(sent().every((g) => ids.get(g.body.body.order) === g.headers["webhook-id"]), "an event keeps its webhook-id");
  await until("an end of dead letters", async () => (await api("GET", "/v1/projects/{p}/dead_letters")).body.data.length === 0);
  assert.deepEqual(errors, []);
  await page.close();
});
