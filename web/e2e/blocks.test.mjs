// What the documentation shows in JavaScript and JSON is run as it stands there.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
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
