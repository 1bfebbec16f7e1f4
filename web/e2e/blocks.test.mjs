// What the documentation shows in JavaScript and JSON is run as it stands there.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";

const root = resolve(import.meta.dirname, "../..");
const blocks = (kind, holds) => {
  const all = [...readFileSync(join(root, "README.md"), "utf8").matchAll(new RegExp(`^\`\`\`${kind}\n(.*?)^\`\`\``, "gms"))].map((m) => m[1]);
  const found = all.filter((text) => text.includes(holds));
  assert.equal(found.length, 1, `${found.length} blocks hold ${holds}`);
  return found[0];
};

test("the check of a signature in the README takes ours and no other", async () => {
  const folder = mkdtempSync(join(tmpdir(), "patchbay-block-"));
  try {
    writeFileSync(join(folder, "check.mjs"), blocks("js", "isOurs"));
    const { isOurs } = await import(pathToFileURL(join(folder, "check.mjs")));
    const { vectors } = JSON.parse(readFileSync(join(root, "sdk/vectors/webhooks.json"), "utf8"));
    let ours = 0;
    for (const v of vectors) {
      const header = v.headers["x-pd-signature"];
      if (!header || v.secrets.length !== 1 || v.secrets[0].startsWith("whsec_") || v.error) continue;
      const at = Number(header.match(/t=(\d+)/)[1]);
      assert.equal(isOurs(header, v.body, v.secrets[0], at), true, v.name);
      assert.equal(isOurs(header, `${v.body} `, v.secrets[0], at), false, v.name);
      assert.equal(isOurs(header, v.body, `${v.secrets[0]}0`, at), false, v.name);
      assert.equal(isOurs(header, v.body, v.secrets[0], at + 301), false, v.name);
      ours++;
    }
    assert.ok(ours > 0, "no vector was tried");
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("the page that confirms a user in the README asks what the contract has, and goes where it is told", async () => {
  const pages = {}, asked = [];
  const answers = [{ redirect_uri: "https://app.example.com/done" }, { code: "x", details: { redirect_uri: "https://app.example.com/why" } }, { code: "x", details: {} }];
  const patchbay = { post: async (path, body) => (asked.push({ path, body }), answers[asked.length - 1]) };
  new Function("app", "signedIn", "patchbay", "project", blocks("js", "user_verification/confirm"))({ get: (path, ...handlers) => (pages[path] = handlers) }, () => {}, patchbay, "proj_1");
  const went = [];
  for (const _ of answers) await pages["/connect/verify"].at(-1)({ query: { nonce: "vn_1" }, user: { id: "ada" } }, { redirect: (to) => went.push(to) });
  assert.deepEqual(went, ["https://app.example.com/done", "https://app.example.com/why", "/"]);
  const contract = JSON.parse(readFileSync(join(root, "openapi/examples.json"), "utf8")).confirmUserVerification;
  assert.equal(asked[0].path.replace(/proj_\w+/, ""), `/v1${contract.path.replace(/proj_\w+/, "")}`);
  assert.deepEqual(Object.keys(asked[0].body).sort(), Object.keys(contract.request).sort());
});

test("the JSON of the README is JSON, and an event in it has what events have", () => {
  assert.equal(new URL(JSON.parse(blocks("json", "mcpServers")).mcpServers.patchbay.url).pathname, "/mcp/p/proj_%E2%80%A6");
  const shown = JSON.parse(blocks("json", "ACCOUNT_DEAD"));
  const { types, samples } = JSON.parse(readFileSync(join(root, "internal/event/bodies.json"), "utf8"));
  const { required, sample } = types.ACCOUNT_DEAD;
  assert.deepEqual(required.filter((name) => !(name in shown)), []);
  assert.deepEqual(Object.keys(shown.account).sort(), Object.keys(samples[sample.account.slice(1)]).sort());
});

const shown = "web/e2e/shown.test.mjs", libraries = "sdk/e2e/libraries.test.mjs", written = "it is part of a page that is written around it; what it does is done by the pages of sdk/e2e";
/** Every block of the documentation: a text that it alone holds, and the test that runs it, or why none can. */
const known = [
  ["make dev ", { why: "it is how every story of this folder begins, by the program that make builds" }],
  ["W=$PATCHBAY_BASE_URL/v1/projects/", { by: ["web/e2e/story.test.mjs", "sh walk"] }],
  ["user_verification/confirm", { by: ["web/e2e/blocks.test.mjs", "user_verification/confirm"] }],
  ["mkdir our_crm", { by: [shown, "mkdir our_crm"] }],
  ["$API/v1/connect/$PROJECT/actions/run", { by: [shown, "$API/v1/connect/$PROJECT/actions/run"] }],
  ['"mcpServers"', { by: ["web/e2e/blocks.test.mjs", "mcpServers"] }],
  ["/mcp/profiles", { by: [shown, "/mcp/profiles"] }],
  ["authorization_requests/complete", { by: [shown, "authorization_requests/complete"] }],
  ["/v1/mcp_servers/acme_tools", { by: [shown, "/v1/mcp_servers/acme_tools"] }],
  ["name: Welcome", { by: ["internal/workflow/readme_test.go", "yaml"] }],
  ["name: Approve the night's orders", { by: ["internal/workflow/readme_test.go", "yaml"] }],
  ["patchbay workflows init", { by: [shown, "patchbay workflows init"] }],
  ["__faults", { by: [shown, "__faults"] }],
  ["patchbay listen --forward", { by: [shown, "patchbay listen --forward"] }],
  ["external_user_id,app,fields.api_key", { by: [shown, "external_user_id,app,fields.api_key"] }],
  ["ACCOUNT_DEAD", { by: ["web/e2e/blocks.test.mjs", "ACCOUNT_DEAD"] }],
  ["one provider call per expiry", { why: "it is what a command has written, and nothing to run" }],
  ["patchbay login --url", { by: [shown, "patchbay login --url"] }],
  ["isOurs", { by: ["web/e2e/blocks.test.mjs", "isOurs"] }],
  ["export PATCHBAY_DATABASE_URL=postgres://…", { by: [shown, "export PATCHBAY_DATABASE_URL="] }],
  ["patchbay keys backup keys.age", { by: [shown, "patchbay keys backup keys.age"] }],
  ["patchbay backup /backups/monday.zip", { by: [shown, "patchbay backup /backups/monday.zip"] }],
  ["patchbay backup /backups/before.zip", { by: [shown, "patchbay backup /backups/before.zip"] }],
  ["patchbay audit verify", { by: [shown, "patchbay audit verify"] }],
  ["PATCHBAY_REDIS_URL='redis-sentinel://", { why: "it takes several Redis servers; internal/queue/connection_test.go reads such addresses and kills such servers" }],
  ["default_query_exec_mode=cache_describe", { why: "it takes a PgBouncer; internal/db/pooler_test.go starts one" }],
  ["PATCHBAY_DATABASE_REPLICA_URL=", { why: "it takes a PostgreSQL with a standby; internal/db/replica_test.go reads from one" }],
  ["target_session_attrs=read-write", { why: "it takes a PostgreSQL with a standby; internal/db/away_test.go starts both, and kills one" }],
  ["docker compose up -d --scale", { why: "it takes Docker, and a host of one's own" }],
  ["systemctl enable --now patchbay-serve", { why: "it takes systemd, and a host of one's own" }],
  ["go tool pprof", { by: [shown, "go tool pprof"] }],
  ["patchbay component init", { by: [shown, "patchbay component init"] }],
  ['key: "acme-write-note"', { by: ["api/app/component_command_test.go", "COMPONENTS.md"] }],
  ['type: "app", app: "acme"', { by: ["api/app/component_command_test.go", "COMPONENTS.md"] }],
  ['key: "acme-render"', { by: ["api/app/component_command_test.go", "COMPONENTS.md"] }],
  ["shared.yaml  ", { why: "it says where files lie, and is nothing to run" }],
  ["go get github.com", { why: "it takes a registry; sdk/story/go is a program that uses the module" }],
  ["pip install patchbay", { why: "it takes a registry; sdk/python/tests/test_package.py installs the package as it is published" }],
  ["npm install @patchbay/sdk", { why: "it takes a registry; sdk/test/packages.test.ts takes the package as it is built" }],
  ["patchbay.New(", { by: [libraries, "^package main"] }],
  ["hooks.Handler(", { why: "it is part of a program that is written around it; sdk/go/webhook_test.go has the same handler" }],
  ["client = Patchbay(\n", { by: [libraries, "Patchbay\\("] }],
  ["AsyncPatchbay", { by: [libraries, "Patchbay\\("] }],
  ["except NotFoundError", { by: [libraries, "Patchbay\\("] }],
  ["project_environment=", { by: [libraries, "Patchbay\\("] }],
  ["webhooks.verify(", { by: ["sdk/python/tests/test_webhooks.py", "README.md"] }],
  ["await client.tokens.create(", { by: [libraries, "new PatchbayClient"] }],
  ["instanceof NotFoundError", { by: [libraries, "new PatchbayClient"] }],
  ["projectEnvironment:", { by: [libraries, "new PatchbayClient"] }],
  ["handleWebhooks(", { by: ["sdk/test/readme.test.ts", "handleWebhooks"] }],
  ["verifyWebhook(", { by: ["sdk/test/readme.test.ts", "express.raw"] }],
  ["button.onclick", { why: written }],
  ["patchbay.open(", { why: written }],
  ["patchbay.proxy.post(", { why: written }],
  ["<PatchbayProvider", { why: written }],
  ["<ComponentForm", { why: written }],
  ["--patchbay-accent", { why: "it is a list of names" }],
  ["patchbay plans set small", { by: [shown, "patchbay plans set small"] }],
];

test("every block of the documentation is run by a test, or it is said why none can", () => {
  const files = ["README.md", "COMPONENTS.md", "OPERATIONS.md", ...["browser", "go", "python", "react", "typescript"].map((f) => `sdk/${f}/README.md`), ...readdirSync(join(root, "web/docs/pages")).filter((f) => f.endsWith(".md") && f !== "cli.md").map((f) => `web/docs/pages/${f}`)]; // cli.md is made of the commands, and held to them
  const unknown = [], used = new Set();
  for (const file of files) {
    for (const [, kind, text] of readFileSync(join(root, file), "utf8").matchAll(/^```([^\n]*)\n(.*?)^```/gms)) {
      const fits = known.filter(([holds]) => text.includes(holds));
      if (fits.length !== 1) unknown.push(`${file}: ${fits.length} entries are of\n${text}`);
      for (const entry of fits) used.add(entry);
      if (!kind.startsWith("sh")) continue;
      const parsed = spawnSync("bash", ["-n"], { input: text, encoding: "utf8" });
      assert.equal(parsed.status, 0, `${file}: no shell reads\n${text}${parsed.stderr}`);
    }
  }
  assert.deepEqual(unknown, []);
  assert.deepEqual(known.filter((entry) => !used.has(entry)).map(([holds]) => holds), [], "entries without a block");
  for (const [holds, { by }] of known) {
    if (by) assert.ok(readFileSync(join(root, by[0]), "utf8").includes(by[1]), `${by[0]} runs the block of ${holds}`);
  }
});
