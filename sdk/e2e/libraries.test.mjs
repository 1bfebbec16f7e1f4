// The libraries for servers against the real program: each goes through the same thirty steps, with what its README shows.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, before, test } from "node:test";
import { listen, start } from "../../web/e2e/stack.mjs";

const sdk = resolve(import.meta.dirname, ".."), python = resolve(sdk, "../bin/python/bin/python");
const steps = JSON.parse(readFileSync(join(sdk, "story/steps.json"), "utf8"));
const denos = resolve(sdk, "../bin/deno/node_modules/@deno"), deno = existsSync(denos) && readdirSync(denos).map((d) => join(denos, d, "deno")).find(existsSync);
let stack, flaky, folder;

/** What fails twice in passing, and refuses its first token, for each who asks. */
function passing() {
  const asked = new Map(), tokens = new Map();
  return async (req, res) => {
    const [, who] = req.url.split("/"), path = req.url.slice(who.length + 1);
    const answer = (status, body, headers = {}) => res.writeHead(status, { "Content-Type": "application/json", ...headers }).end(JSON.stringify(body));
    for await (const _ of req); // to its end
    if (path === "/v1/oauth/token") {
      tokens.set(who, (tokens.get(who) ?? 0) + 1);
      return answer(200, { access_token: `t${tokens.get(who)}`, token_type: "Bearer", expires_in: 3600 });
    }
    const n = (asked.get(who) ?? 0) + 1;
    asked.set(who, n);
    if (req.headers.authorization !== "Bearer t2") return answer(401, { error: "It has ended.", code: "token_expired", details: {} });
    if (n < 4) return answer(n === 2 ? 503 : 500, { error: "Later.", code: "later", details: {} }, { "Retry-After": "0" });
    answer(200, { data: [{ id: "exu_1", external_id: "patient", created_at: "2026-01-01T00:00:00Z", updated_at: "2026-01-01T00:00:00Z" }], page_info: { total_count: 1, count: 1, start_cursor: null, end_cursor: null } });
  };
}

before(async () => {
  folder = mkdtempSync(join(tmpdir(), "patchbay-libraries-"));
  stack = await start();
  flaky = await listen(passing());
});

after(async () => {
  flaky?.server.close();
  if (folder) rmSync(folder, { recursive: true, force: true });
  assert.equal(await stack?.stop(), 0);
});

/** Runs a program with what a library needs to know, and gives what it printed. */
const run = (name, command, args, cwd = join(sdk, "story")) => new Promise((ok, no) => {
  const env = { ...process.env, ...stack.env, PATCHBAY_ENVIRONMENT: "development", PYTHONPATH: join(sdk, "python"), STORY_USER: `story-${name}-${process.pid}`, STORY_FLAKY_URL: `${flaky.url}/${name}` };
  execFile(command, args, { cwd, env, timeout: 300_000 }, (error, stdout, stderr) => (error ? no(new Error(`${name} ended with ${error.code ?? error.signal}:\n${stdout}${stderr}`)) : ok(stdout)));
});

const went = (said) => said.trim().split("\n").filter((l) => l.startsWith("ok ")).map((l) => l.slice(3));

test("TypeScript goes all thirty steps", async () => {
  assert.equal(steps.length, 30);
  assert.deepEqual(went(await run("typescript", process.execPath, ["--enable-source-maps", "story.mjs"])), steps);
});

test("TypeScript goes them on Deno, too", { skip: deno ? false : "there is no Deno" }, async () => {
  assert.deepEqual(went(await run("deno", deno, ["run", "--allow-all", "--no-lock", "--node-modules-dir=manual", "story.mjs"])), steps);
});

test("Python goes all thirty steps", async () => {
  assert.deepEqual(went(await run("python", python, ["-W", "error", "story.py"])), steps);
});

test("Go goes all thirty steps", async () => {
  assert.deepEqual(went(await run("go", "go", ["run", "."], join(sdk, "story/go"))), steps);
});

/** What stands in a README between fences of a language. */
const blocks = (library, language) => [...readFileSync(join(sdk, library, "README.md"), "utf8").matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, "gms"))].map((m) => m[1]);

/** Runs what a README shows of the client, one after the other, and looks for what it has to say. */
async function shown(library, language, is, play) {
  const some = blocks(library, language).filter((b) => is.test(b));
  assert.ok(some.length > 0);
  let said = "";
  for (const block of some) said += await play(block);
  for (const want of [/connect\.html\?token=ctok_[0-9a-f]{32}.*&app=acme_crm/, /there is no such account/]) assert.match(said, want);
}

test("what the READMEs show does what it says", async () => {
  await shown("typescript", "ts", /new PatchbayClient/, (code) => run("readme-typescript", process.execPath, ["--input-type=module", "-e", code]));
  await shown("python", "python", /Patchbay\(/, (code) => run("readme-python", python, ["-W", "error", "-c", code]));
  writeFileSync(join(folder, "go.mod"), readFileSync(join(sdk, "story/go/go.mod"), "utf8").replace("../../go", join(sdk, "go")));
  await shown("go", "go", /^package main/, (code) => {
    writeFileSync(join(folder, "main.go"), code);
    return run("readme-go", "go", ["run", "."], folder);
  });
});
