// The protocol's own conformance suite against the real program: what it asks of a server, in the newest version and in the one before,
// and what it asks of an authorization server, with a person who signs in and allows it. What needs tools of the suite's own is played
// against the same face with those tools. The report is in what the test writes.
import assert from "node:assert/strict";
import { request } from "node:http";
import { after, before, test } from "node:test";
import { inapplicable, judge, known, play, scenarios, toolServer } from "./conformance.mjs";
import { browser, client, freePorts, listen, start } from "./stack.mjs";

let stack, api, settings;
const used = new Set();

before(async () => {
  stack = await start();
  api = await client(stack);
  settings = (await api("GET", "/v1/connect/{p}/mcp")).body;
});

after(async () => {
  assert.equal(await stack?.stop(), 0, "Ctrl-C ends the program cleanly");
});

function report(title, played) {
  const lines = [`\nConformance: ${title}`], lost = [];
  for (const [scenario, checks] of Object.entries(played).sort(([a], [b]) => a < b ? -1 : 1)) {
    const got = judge(scenario, checks), missing = [...got.reasons].map(([rule, n]) => `${n} not applicable: ${rule[2]}`);
    for (const rule of got.reasons.keys()) used.add(rule);
    lines.push(`  ${got.lost.length ? "FAILED " : ""}${scenario.padEnd(46)} ${[`${got.passed} passed`, ...missing].join("; ")}`);
    lost.push(...got.lost);
  }
  console.log(lines.join("\n"));
  assert.deepEqual(lost, []);
}

/** The server, with what the suite cannot send: a token, and for whom. Nothing else of a request is touched but the place that it names. */
async function door() {
  const { access_token } = await (await fetch(`${stack.env.PATCHBAY_BASE_URL}/v1/oauth/token`, {
    method: "POST", headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ grant_type: "client_credentials", client_id: stack.env.PATCHBAY_CLIENT_ID, client_secret: stack.env.PATCHBAY_CLIENT_SECRET }),
  })).json();
  const to = new URL(settings.url);
  const at = await listen((req, res) => {
    const headers = { ...req.headers, authorization: `Bearer ${access_token}`, "x-pd-external-user-id": "ada" };
    for (const name of ["host", "origin"]) if (headers[name]) headers[name] = headers[name].replace(new RegExp(`(localhost|127\\.0\\.0\\.1):${at.port}$`), to.host);
    const out = request({ host: to.hostname, port: to.port, method: req.method, path: req.url, headers }, (r) => { res.writeHead(r.statusCode, r.headers); r.pipe(res); });
    out.on("error", () => res.destroy());
    res.on("close", () => out.destroy());
    req.pipe(out);
  });
  return { ...at, url: `${at.url}${to.pathname}` };
}

test("each scenario of the suite has its place", async () => {
  const { authorization, ...server } = scenarios;
  assert.deepEqual(await known("server"), [...new Set(Object.values(server).flat())].sort());
  assert.deepEqual(await known("authorization"), authorization);
});

test("the server keeps to the protocol, in the newest version and in the one before", async () => {
  const at = await door(), tools = await toolServer();
  try {
    for (const [who, url, names] of [["the product", at.url, scenarios.product], ["with the suite's tools", tools.url, scenarios.tools]]) {
      const left = new Set(names);
      for (const version of ["2026-07-28", "2025-11-25"]) {
        const all = await play(["server", "--url", url, "--requirements", version, "--timeout", "60000"]);
        const played = Object.fromEntries(Object.entries(all).filter(([name]) => names.includes(name)));
        for (const name of Object.keys(played)) left.delete(name);
        report(`server, ${version}, ${who}`, played);
      }
      assert.deepEqual([...left], [], `what was not played: ${who}`);
    }
  } finally {
    at.server.close();
    assert.equal(await tools.stop(), 0, "the server with the suite's tools ends cleanly");
  }
  assert.deepEqual(inapplicable.filter((rule) => !used.has(rule)), [], "reasons that nothing needs");
});

test("the authorization server keeps to the protocol, with a person who signs in and allows it", async () => {
  const chrome = await browser(), port = await freePorts(); // the suite listens there
  const redirect = `http://127.0.0.1:${port}/callback`;
  const at = await listen((_, res) => res.writeHead(200, { "Content-Type": "application/json" }).end(JSON.stringify({
    client_id: `${at.url}/client.json`, client_name: "Conformance", redirect_uris: [redirect], token_endpoint_auth_method: "none", grant_types: ["authorization_code", "refresh_token"], response_types: ["code"],
  })));
  try {
    const page = await chrome.context.newPage();
    let walked;
    const walk = async (url) => {
      await page.goto(url);
      await page.getByLabel("You are").fill("ada");
      await page.getByRole("button", { name: "Continue" }).click();
      await page.getByRole("button", { name: "Allow", exact: true }).click();
      await page.waitForURL(`${redirect}**`);
    };
    const played = await play(["authorization", "--url", stack.env.PATCHBAY_BASE_URL, "--client-id", `${at.url}/client.json`, "--resource", settings.url, "--port", String(port)],
      (said) => { walked ??= /^(https?:\S+\?\S+)\n/m.test(said) ? walk(said.match(/^(https?:\S+\?\S+)\n/m)[1]).catch((e) => console.log(e)) : undefined; });
    await walked;
    for (const scenario of scenarios.authorization) assert.ok(played[scenario]?.some((c) => c.status === "SUCCESS"), `${scenario} was played: ${JSON.stringify(played)}`);
    report("authorization server", played);
  } finally {
    at.server.close();
    await chrome.browser.close();
  }
});
