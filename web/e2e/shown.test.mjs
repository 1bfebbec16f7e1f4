// The commands that the documentation shows are typed as they stand there, against a server, with what is one's own put in.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { after, before, test } from "node:test";
import { client, freePorts, listen, start } from "./stack.mjs";

const root = resolve(import.meta.dirname, "../..");
let stack, api, token, hook, tools;

/** What is typed at: curl fails where it is refused, and a command that goes on for ever is ended when something has come of it. */
const prelude = `set -eu
curl() { command curl --fail-with-body -sS "$@"; }
ended_once() { # CONDITION COMMAND…
  local so=$1 pid tries=0; shift
  "$@" >said.log 2>&1 & pid=$!
  until eval "$so"; do [ $((tries += 1)) -lt 900 ] && kill -0 $pid || { cat said.log; kill $pid; exit 1; }; sleep 0.2; done
  kill -TERM $pid; wait $pid; cat said.log
}
`;

/** Runs a script in the folder of the server, and gives all that it said. */
function shell(script, env = {}, input = "") {
  return new Promise((ok, no) => {
    const child = spawn("bash", ["-c", prelude + script], {
      cwd: stack.folder,
      env: { ...process.env, PATH: `${stack.folder}/tools:${stack.folder}/bin:${process.env.PATH}`, XDG_CONFIG_HOME: join(stack.folder, "config"), PATCHBAY_DATABASE_URL: "", PATCHBAY_REDIS_URL: "", ...env },
    });
    let said = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (b) => { said += b; });
    child.stdin.on("error", () => {}); // who reads nothing
    child.stdin.end(input);
    child.once("close", (code) => (code === 0 ? ok(said) : no(new Error(`ended with ${code}:\n${said}\nof\n${script}`))));
  });
}

/** The block of a file that holds a text, with what is put in its place: each of it has to stand there. */
function block(file, holds, put = {}) {
  const found = [...readFileSync(join(root, file), "utf8").matchAll(/^```[^\n]*\n(.*?)^```/gms)].map((m) => m[1]).filter((text) => text.includes(holds));
  assert.equal(found.length, 1, `${found.length} blocks of ${file} hold ${holds}`);
  let text = found[0];
  for (const [stands, own] of Object.entries(put)) {
    assert.ok(text.includes(stands), `${stands} stands in ${holds}`);
    text = text.replaceAll(stands, own);
  }
  return text;
}

const program = (name, text) => {
  writeFileSync(join(stack.folder, "tools", name), text);
  chmodSync(join(stack.folder, "tools", name), 0o755);
};

/** Connects an account of the demo provider, and gives its id. */
const connected = async (user) => {
  const said = await shell(`set -a; . .patchbay/dev.env; patchbay connect --user ${user} --app acme_crm --json 2>connect.log`);
  return JSON.parse(said.slice(said.indexOf("{"))).id;
};

before(async () => {
  stack = await start();
  api = await client(stack);
  mkdirSync(join(stack.folder, "tools"));
  symlinkSync(join(root, "bin"), join(stack.folder, "bin"));
  // Somebody who opens a link and allows what is asked for.
  program("xdg-open", `#!/bin/bash
set -eu
. .patchbay/dev.env; jar=$(mktemp); token=$(sed 's/.*[?&]token=\\([^&]*\\).*/\\1/' <<<"$1")
ask=$(curl -skL -c $jar -b $jar $PATCHBAY_TLS_URL/connect/oauth/start -d token=$token -d app=acme_crm -d same_tab=true | sed -n 's/.*name="request" value="\\([^"]*\\)".*/\\1/p')
curl -skL -c $jar -b $jar $PATCHBAY_DEMO_URL/oauth/authorize -d request=$ask -d decision=allow >/dev/null; rm $jar
`);
  symlinkSync("xdg-open", join(stack.folder, "tools/open"));
  const answer = await fetch(`${stack.env.PATCHBAY_BASE_URL}/v1/oauth/token`, {
    method: "POST", body: new URLSearchParams({ grant_type: "client_credentials", client_id: stack.env.PATCHBAY_CLIENT_ID, client_secret: stack.env.PATCHBAY_CLIENT_SECRET }),
  });
  token = (await answer.json()).access_token;
  hook = await listen(async (req, res) => {
    for await (const _ of req); // to its end
    writeFileSync(join(stack.folder, "hooked"), req.headers["webhook-id"] ?? "");
    res.writeHead(204).end();
  });
  // Somebody's MCP server, with a token of its own.
  tools = await listen(async (req, res) => {
    let raw = "";
    for await (const chunk of req) raw += chunk;
    const { id, method } = raw ? JSON.parse(raw) : {};
    const answer = (status, body) => res.writeHead(status, { "Content-Type": "application/json" }).end(body && JSON.stringify({ jsonrpc: "2.0", id, ...body }));
    if (req.headers.authorization !== "Bearer its-own") return answer(401);
    if (req.method !== "POST") return answer(405);
    if (id === undefined) return answer(202);
    if (method === "initialize") return answer(200, { result: { protocolVersion: "2025-06-18", capabilities: { tools: {} }, serverInfo: { name: "Acme tools", version: "1" } } });
    if (method === "tools/list") return answer(200, { result: { tools: [{ name: "add_note", description: "Adds a note.", inputSchema: { type: "object", properties: { text: { type: "string" } } } }] } });
    return answer(404, { error: { code: -32601, message: "method not found" } });
  });
});

after(async () => {
  for (const one of [hook, tools]) one?.server.close();
  assert.equal(await stack?.stop(), 0, "Ctrl-C ends the program cleanly");
});

const own = () => ({ TOKEN: token, API: stack.env.PATCHBAY_BASE_URL, PROJECT: stack.env.PATCHBAY_PROJECT_ID, PATCHBAY_BASE_URL: stack.env.PATCHBAY_BASE_URL, PATCHBAY_PROJECT_ID: stack.env.PATCHBAY_PROJECT_ID });

test("an app of one's own is drafted, filled in, tried and added", async () => {
  writeFileSync(join(stack.folder, "openapi.yaml"), `openapi: 3.1.0
info: {title: Our CRM, version: "1"}
servers: [{url: "https://crm.example.com"}]
components: {securitySchemes: {key: {type: apiKey, in: header, name: X-Key}}}
security: [{key: []}]
paths: {/api/me: {get: {responses: {"200": {description: Who asks.}}}}}
`);
  const fill = `sed -i.draft -e 's/^# description:/description:/' -e "s#^\\# identity:.*#identity: {request: {get: '{{ host.api }}/api/me'}, id: /id, name: /name}#" -e "s/^# sources:.*/sources: [{about: everything, url: 'https:\\/\\/crm.example.com\\/docs'}]/" our_crm/app.yaml
echo 'fixtures: {key: {identity: me.json}}' >> our_crm/app.yaml; rm our_crm/app.yaml.draft; mkdir our_crm/fixtures; echo '{"status": 200, "body": {"id": "1", "name": "Ada"}, "id": "1", "name": "Ada"}' > our_crm/fixtures/me.json
`;
  const said = await shell(block("README.md", "mkdir our_crm", { "patchbay app lint": `${fill}patchbay app lint` }));
  for (const want of [/sound/, /Ada \(1\) is connected\./, /our_crm serves as version 1/]) assert.match(said, want);
  assert.equal((await api("GET", "/v1/connect/apps/our_crm")).body.data.name, "Our CRM");
});

test("actions, tool profiles, somebody's sign-in and MCP servers are asked for by curl", async () => {
  const ran = await shell(block("README.md", "$API/v1/connect/$PROJECT/actions/run"), { ...own(), ACCOUNT: await connected("user-1") });
  assert.equal(JSON.parse(ran).ret.name, "Grace Hopper");

  const profile = JSON.parse(await shell(block("README.md", "/mcp/profiles"), own()));
  assert.match(profile.url, /\/production\/support-desk$/);

  const settings = await api("PUT", "/v1/connect/{p}/mcp", { sign_in_url: "https://product.example.com/sign-in" }, { "x-pd-environment": "production" });
  const about = { client_name: "Assistant", token_endpoint_auth_method: "none", grant_types: ["authorization_code", "refresh_token"], response_types: ["code"] };
  const program = await listen((req, res) => res.writeHead(200, { "Content-Type": "application/json" }).end(JSON.stringify({ client_id: `${program.url}/client.json`, ...about, redirect_uris: [`${program.url}/callback`] })));
  const resource = new URL(settings.body.url);
  const { authorization_servers: [server] } = await (await fetch(`${resource.origin}/.well-known/oauth-protected-resource${resource.pathname}`)).json();
  const { authorization_endpoint: ask } = await (await fetch(`${new URL(server).origin}/.well-known/oauth-authorization-server${new URL(server).pathname.replace(/^\/$/, "")}`)).json();
  const query = new URLSearchParams({
    response_type: "code", client_id: `${program.url}/client.json`, redirect_uri: `${program.url}/callback`, resource: settings.body.url, state: "s", scope: "connect:actions:run",
    code_challenge: createHash("sha256").update("v".repeat(64)).digest("base64url"), code_challenge_method: "S256",
  });
  const sent = await shell(`curl -k -o /dev/null -w '%{redirect_url}' '${ask}?${query}'`);
  const request = new URL(sent).searchParams.get("authorization_request");
  const complete = JSON.parse(await shell(block("README.md", "authorization_requests/complete", { "mcpq_…": request }), own()));
  assert.match(complete.redirect_uri, /\/connect\/consent\?key=/);
  program.server.close();

  const added = JSON.parse(await shell(block("README.md", "/v1/mcp_servers/acme_tools", { "https://tools.example.com/mcp": `${tools.url}/mcp`, '"token":"…"': '"token":"its-own"' }), own()));
  assert.match(JSON.stringify(added), /add_note/);
});

test("workflows are files, accounts are taken over, and the provider is out for a while", async () => {
  const account = await connected("ada");
  const said = await shell(block("README.md", "patchbay workflows init", { "patchbay workflows plan flows ": "patchbay workflows plan flows || [ $? = 3 ] ", "apn_…": account }));
  for (const want of [/refund\.yaml is written/, /To do: 1 create/]) assert.match(said, want);
  assert.match(await shell("set -a; . .patchbay/dev.env; patchbay workflows list"), /Approve an expense/);
  assert.match(await shell("set -a; . .patchbay/dev.env; patchbay workflows plan flows"), /Nothing to do/);

  assert.match(await shell(block("README.md", "external_user_id,app,fields.api_key")), /1 valid[^]*1 imported/);
  assert.equal((await api("GET", "/v1/connect/{p}/accounts?external_user_id=zoe")).body.data[0].healthy, true);

  assert.match(await shell(`${block("README.md", "__faults")}curl $PATCHBAY_DEMO_URL/__faults`), /"access_ttl_s":\s*60/);
  await shell(`. .patchbay/dev.env; curl -X PUT $PATCHBAY_DEMO_URL/__faults -d '{}'`);
});

test("a developer does at a terminal what the console does", async () => {
  const made = await api("POST", "/v1/projects/{p}/workflows", { name: "Greeted", triggers: [{ type: "http" }], steps: [{ name: "named", type: "filter", if: "{{ trigger.body.name != nil }}" }] });
  await api("POST", `/v1/projects/{p}/workflows/${made.body.id}/deploy`, {});
  const who = { PATCHBAY_CLIENT_ID: stack.env.PATCHBAY_CLIENT_ID, PATCHBAY_CLIENT_SECRET: stack.env.PATCHBAY_CLIENT_SECRET };
  const said = await shell(block("README.md", "patchbay login --url", {
    "https://patchbay.example.com    #": `${stack.env.PATCHBAY_BASE_URL}; unset PATCHBAY_CLIENT_ID PATCHBAY_CLIENT_SECRET #`,
    "patchbay accounts list": "ACCOUNT=$(patchbay accounts list --user ada --app acme_crm --json | grep -o 'apn_[0-9a-z]*' | head -n 1); patchbay accounts list",
    "apn_…": "$ACCOUNT", "p_…": made.body.id,
    "patchbay runs tail ": `ended_once 'patchbay workflows invoke ${made.body.id} --user ada --body "{}" >again.log; grep -q Greeted said.log' patchbay runs tail `,
  }), who);
  for (const want of [/Logged in to/, /acme_crm/, /apn_/, /Grace Hopper/, /"email"/, /endpoint_url/, /Greeted/, /There are none/]) assert.match(said, want);

  await shell(block("README.md", "patchbay listen --forward", {
    "http://localhost:3000/hooks": `${hook.url}/hooks`,
    "patchbay listen": `ended_once '[ -s hooked ] || curl -X POST $ADDRESS -d "{}" >again.log && [ -s hooked ]' patchbay listen`,
  }), { ADDRESS: (await api("POST", "/v1/connect/{p}/triggers/deploy", { id: "http-new-requests", external_user_id: "ada" })).body.data.endpoint_url });
  assert.match(readFileSync(join(stack.folder, "hooked"), "utf8"), /^evt_/);
});

test("a component is begun, tried and installed", async () => {
  const said = await shell(`set -a; . .patchbay/dev.env; set +a\n${block("COMPONENTS.md", "patchbay component init", { "patchbay component dev": "ended_once 'grep -q hello said.log' patchbay component dev" })}`);
  for (const want of [/write-note\.mjs is written/, /hello/, /write-note/]) assert.match(said, want);
});

test("an operator sets an installation up, and looks after its plans, audit log, copies and keys", async () => {
  const operator = `set -a; . .patchbay/operator.env; set +a\n`;
  const verified = await shell(operator + block("README.md", "patchbay audit verify", {
    "WORKSPACE:NUMBER:HASH": "$EXPECT", "patchbay audit verify --expect": `until patchbay audit verify | grep -q expect; do sleep 0.2; done; EXPECT=$(patchbay audit verify | sed -n 's/.*--expect //p' | head -n 1); patchbay audit verify --expect`,
  }));
  assert.equal(verified.match(/^o_\w+  ok /gm).length, 2, verified);
  assert.match(await shell(operator + block("README.md", "patchbay plans set small", { "o_…": verified.match(/o_\w+/)[0] })), /small +Small +1/);

  const port = await freePorts();
  const theirs = Object.fromEntries(readFileSync(join(stack.folder, ".patchbay/operator.env"), "utf8").trim().split("\n").map((l) => [l.split("=")[0], l.slice(l.indexOf("=") + 1).replaceAll("'", "")]));
  const database = (name) => theirs.PATCHBAY_DATABASE_URL.replace("/patchbay?", `/${name}?`);
  for (const name of ["installed", "restored"]) await shell(`PATH=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | tail -n 1):$PATH; psql -q '${database("postgres")}' -c 'CREATE DATABASE ${name}'`);
  const places = {
    PATCHBAY_DATABASE_URL: database("installed"), PATCHBAY_REDIS_URL: `${theirs.PATCHBAY_REDIS_URL}?db=5`,
    PATCHBAY_PUBLIC_URL: `http://localhost:${port}`, PATCHBAY_MASTER_KEY: `file://${stack.folder}/master.key`,
  };
  const env = { PATCHBAY_LISTEN: `127.0.0.1:${port}`, PATCHBAY_BLOBS: `file://${stack.folder}/blobs`, PATCHBAY_METRICS_TOKEN: "what reads the metrics and profiles", PASSPHRASE: "correct horse battery staple", PPROF_TMPDIR: stack.folder };
  const answers = `curl ${places.PATCHBAY_PUBLIC_URL}/readyz 2>/dev/null`;
  const set = await shell(block("README.md", "export PATCHBAY_DATABASE_URL=", {
    "postgres://…": `'${places.PATCHBAY_DATABASE_URL}'`, "redis://…": `'${places.PATCHBAY_REDIS_URL}'`, "https://patchbay.example.com": places.PATCHBAY_PUBLIC_URL,
    "file:///var/lib/patchbay/master.key": places.PATCHBAY_MASTER_KEY, "patchbay serve ": `ended_once '${answers}' patchbay serve `,
  }), env);
  for (const want of [/sign in: +http/, /"status":"ok"/]) assert.match(set, want);

  // What follows is typed while it serves. A passphrase is the first line of what comes in.
  const serving = shell(`ended_once '[ -e done ]' patchbay serve`, { ...env, ...places });
  const typed = async (text) => shell(`until ${answers}; do sleep 0.2; done\npatchbay() { printf '%s\\n' "$PASSPHRASE" | command patchbay "$@"; }\n${text}`, { ...env, ...places });
  try {
    const profile = block("web/docs/pages/observe.md", "go tool pprof", { "-http localhost:9999": "-top", "https://operator:$PATCHBAY_METRICS_TOKEN@patchbay.example": `http://operator:$(printf %s "$PATCHBAY_METRICS_TOKEN" | sed 's/ /%20/g')@localhost:${port}`, "seconds=20": "seconds=1" });
    assert.match(await typed(profile), /Type: cpu/);
    const copied = await typed(block("README.md", "patchbay backup /backups/monday.zip", {
      "/backups/": `${stack.folder}/`, "patchbay restore": "patchbay restore", "monday.zip          #": `monday.zip; export PATCHBAY_DATABASE_URL='${database("restored")}' #`,
    }).replace(/^(patchbay restore \S+monday\.zip); (export \S+ .*)$/m, "$2\n$1"));
    for (const want of [/Written: /, /Whole: /, /Restored: /]) assert.match(copied, want);
    const upgraded = await typed(block("README.md", "patchbay backup /backups/before.zip", { "/backups/": `${stack.folder}/` }));
    for (const want of [/Written: /, /The schema is this version's/]) assert.match(upgraded, want);
    const kept = await typed(block("README.md", "patchbay keys backup keys.age", { "WHERE #": `file://${stack.folder}/another.key; export PATCHBAY_MASTER_KEY=file://${stack.folder}/another.key #` }));
    for (const want of [/Written: keys\.age/, /The keys are back/, /Master key/, /is under the new data key/, /wrapped by master key/, /No data key can go/]) assert.match(kept, want);
  } finally {
    writeFileSync(join(stack.folder, "done"), "");
    await serving;
  }
});
