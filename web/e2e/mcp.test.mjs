// A user's own program uses what the user has connected: it finds no token, learns where to ask, has its user sign in and allow it,
// and has them connect what is missing. The program is the protocol's official client.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { Client, StreamableHTTPClientTransport, UnauthorizedError } from "@modelcontextprotocol/client";
import { allow, browser, client, listen, start } from "./stack.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
let stack, api, chrome;

before(async () => {
  stack = await start();
  api = await client(stack);
  chrome = await browser();
});

after(async () => {
  await chrome?.browser.close();
  assert.equal(await stack?.stop(), 0, "Ctrl-C ends the program cleanly");
});

/** A program on the user's machine: its metadata document, its redirect address, and what it keeps. */
async function program(name) {
  let came;
  const back = new Promise((ok) => { came = ok; });
  const at = await listen((req, res) => {
    const url = new URL(req.url, "http://localhost");
    if (url.pathname === "/client.json") {
      const about = { client_id: `${at.url}/client.json`, client_name: name, redirect_uris: [`${at.url}/callback`], token_endpoint_auth_method: "none", grant_types: ["authorization_code", "refresh_token"], response_types: ["code"] };
      return void res.writeHead(200, { "Content-Type": "application/json" }).end(JSON.stringify(about));
    }
    if (url.pathname === "/callback") came(url.searchParams);
    res.writeHead(200, { "Content-Type": "text/html" }).end("<!doctype html><title>Back</title><h1>You can go back to your assistant</h1>");
  });
  const kept = {};
  return {
    back, kept, server: at.server,
    get redirectUrl() { return `${at.url}/callback`; },
    get clientMetadata() { return { client_name: name, redirect_uris: [`${at.url}/callback`], token_endpoint_auth_method: "none" }; },
    state: () => (kept.state ??= randomUUID()),
    clientInformation: () => ({ client_id: `${at.url}/client.json` }),
    tokens: () => kept.tokens,
    saveTokens: (t) => { kept.tokens = t; },
    redirectToAuthorization: (url) => { kept.to = url; },
    saveCodeVerifier: (v) => { kept.verifier = v; },
    codeVerifier: () => kept.verifier,
    discoveryState: () => kept.discovered,
    saveDiscoveryState: (d) => { kept.discovered = d; },
  };
}

/** What axe-core has to say of a page, on a desk in light and on a phone in dark, and whether it fits there. */
async function sound(page, what) {
  for (const [width, colorScheme] of [[1280, "light"], [360, "dark"]]) {
    await page.setViewportSize({ width, height: 860 });
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await page.evaluate(() => {
      const still = new CSSStyleSheet(); // a colour that is still changing is none to judge
      still.replaceSync("* { transition: none !important; animation: none !important }");
      document.adoptedStyleSheets = [still];
    });
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `nothing of ${what} is cut off at ${width}`);
    await page.evaluate(axe);
    const found = await page.evaluate(() => globalThis.axe.run({ resultTypes: ["violations"] }));
    assert.deepEqual(found.violations.map((v) => `${v.id}: ${v.nodes[0].html}`), [], `${what} at ${width} in ${colorScheme}`);
    if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/${what.replaceAll(" ", "-")}-${width}.png`, fullPage: true });
  }
}

test("a user signs in from a program of their own, allows it, connects what is missing, and the program uses it", async () => {
  const settings = await api("GET", "/v1/connect/{p}/mcp");
  assert.match(settings.body.sign_in_url, /my-saas\/sign-in$/, "patchbay dev has a page that stands in for the product's");
  const agent = await program("Assistant");
  const asked = [];
  const page = await chrome.context.newPage();
  const make = () => {
    const c = new Client({ name: "assistant", version: "1.0.0" }, { capabilities: { elicitation: { url: {} } }, versionNegotiation: { mode: "auto" } });
    c.setRequestHandler("elicitation/create", async (r) => {
      asked.push(r.params);
      await page.goto(r.params.url);
      await page.getByRole("heading", { name: "My SaaS wants to connect to your Acme CRM account" }).waitFor();
      await page.getByRole("button", { name: "Continue to Acme CRM" }).click();
      await allow(page);
      await page.getByRole("heading", { name: "Connected" }).waitFor();
      return { action: "accept" };
    });
    return c;
  };
  const transport = new StreamableHTTPClientTransport(new URL(settings.body.url), { authProvider: agent });
  await assert.rejects(make().connect(transport), UnauthorizedError);

  await page.goto(String(agent.kept.to));
  await page.getByRole("heading", { name: "My SaaS", exact: true }).waitFor();
  await page.getByLabel("You are").fill("ada");
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByRole("heading", { name: "Let Assistant use your My SaaS connections?" }).waitFor();
  await page.getByText(/answered for by localhost:\d+/).waitFor();
  await sound(page, "consent");
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "Allow", "the keyboard reaches the answer");
  await page.getByRole("button", { name: "Allow", exact: true }).click();
  await page.getByRole("heading", { name: "You can go back to your assistant" }).waitFor();
  const answer = await agent.back;
  assert.equal(answer.get("state"), agent.kept.state);
  assert.equal(answer.get("iss"), stack.env.PATCHBAY_BASE_URL);
  await transport.finishAuth(answer);
  assert.match(agent.kept.tokens.access_token, /^mcpat_/);

  const assistant = make();
  await assistant.connect(new StreamableHTTPClientTransport(new URL(settings.body.url), { authProvider: agent }));
  const { tools } = await assistant.listTools();
  assert.deepEqual(tools.map((t) => t.name).sort(), ["connect_account", "describe_tool", "list_accounts", "run_tool", "search_tools"]);
  const made = await assistant.callTool({ name: "run_tool", arguments: { tool: "acme-crm-create-contact", arguments: { name: "Grace" } } });
  assert.ok(!made.isError, JSON.stringify(made));
  assert.equal(made.structuredContent.value.name, "Grace");
  assert.equal(asked.length, 1, "the user was asked once, by a page of ours");
  const accounts = await api("GET", "/v1/connect/{p}/accounts?external_user_id=ada");
  assert.equal(accounts.body.data.length, 1);

  // A token that ran out is renewed without the user; what is taken back is over at once.
  const first = agent.kept.tokens;
  agent.kept.tokens = { ...first, access_token: "mcpat_over" };
  const listed = await assistant.callTool({ name: "list_accounts", arguments: {} });
  assert.equal(listed.structuredContent.accounts.length, 1);
  assert.notEqual(agent.kept.tokens.refresh_token, first.refresh_token, "the refresh token is another one");
  const all = await api("GET", "/v1/connect/{p}/mcp/authorizations?external_user_id=ada");
  assert.equal(all.body.data[0].client.name, "Assistant");
  await page.goto(settings.body.programs_url);
  await page.getByLabel("You are").fill("ada");
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByRole("heading", { name: "Programs that use your My SaaS connections" }).waitFor();
  await page.getByRole("heading", { level: 2, name: "Assistant" }).waitFor();
  await page.getByText("Last used on").waitFor();
  await sound(page, "programs");
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "Take back", "the keyboard reaches it");
  await page.keyboard.press("Enter");
  await page.getByRole("status").filter({ hasText: "It is taken back" }).waitFor();
  await page.getByText("No program acts for you.").waitFor();
  await sound(page, "no programs");
  assert.deepEqual((await api("GET", "/v1/connect/{p}/mcp/authorizations?external_user_id=ada")).body.data, []);
  const res = await fetch(settings.body.url, { method: "POST", headers: { Authorization: `Bearer ${agent.kept.tokens.access_token}`, Accept: "application/json, text/event-stream", "Content-Type": "application/json" }, body: "{}" });
  assert.equal(res.status, 401);
  assert.match(res.headers.get("www-authenticate"), /invalid_token/);
  await assistant.close();
  agent.server.close();
});
