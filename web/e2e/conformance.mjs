// The protocol's own conformance suite, pinned in package.json at the version that knows the protocol of 2026-07-28: how it is
// started, what each of its scenarios is played against, and which of its checks do not apply to our server, with the reason.
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const root = resolve(import.meta.dirname, "../..");
const suite = resolve(import.meta.dirname, "../node_modules/@modelcontextprotocol/conformance/dist/index.js");

// The suite imports fs.globSync, which Node has since 22, for a command that is not used here.
const resolveFs = `export const resolve = (what, context, next) => what === "fs" && context.parentURL?.endsWith("/conformance/dist/index.js")
  ? { shortCircuit: true, url: "data:text/javascript," + encodeURIComponent('export * from "node:fs"; export { default } from "node:fs"; export const globSync = () => [];') } : next(what, context);`;
const data = (code) => `data:text/javascript,${encodeURIComponent(code)}`;
const older = data(`import { register } from "node:module"; register(${JSON.stringify(data(resolveFs))});`);

/** Runs the suite, and calls said with all that it has written so far. Returns what it wrote. */
async function run(args, said = () => {}) {
  const child = spawn(process.execPath, [...(process.versions.node.startsWith("20.") ? ["--import", older] : []), suite, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (b) => said(text += b));
  await new Promise((ok, no) => child.once("close", ok).once("error", no));
  return text;
}

/** The names of all scenarios that the suite has of a kind. */
export const known = async (kind) => [...(await run(["list", `--${kind}`])).matchAll(/^ {2}- (\S+)/gm)].map((m) => m[1]).sort();

/** Plays the suite. Returns its checks by scenario. */
export async function play(args, said) {
  const out = mkdtempSync(join(tmpdir(), "patchbay-conformance-"));
  try {
    const text = await run([...args, "-o", out], said);
    const checks = {};
    for (const path of readdirSync(out, { recursive: true }).filter((p) => p.endsWith("checks.json"))) {
      const scenario = path.split("/").at(-2).replace(/^(authorization-)?server-/, "").replace(/-\d{4}-\d\d-\d\dT[\d-]+Z$/, "");
      checks[scenario] = JSON.parse(readFileSync(join(out, path), "utf8"));
    }
    if (!Object.keys(checks).length) throw new Error(`the suite played nothing:\n${text}`);
    return checks;
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}

/** Starts the server that has the suite's own tools (api/mcp/conformance_test.go). Nothing of it is in the program that is shipped. */
export async function toolServer() {
  const folder = mkdtempSync(join(tmpdir(), "patchbay-conformance-")), program = join(folder, "server");
  const ended = (child) => new Promise((ok, no) => child.once("exit", ok).once("error", no));
  const built = await ended(spawn("go", ["test", "-c", "-o", program, "./api/mcp"], { cwd: root, stdio: "inherit" }));
  if (built !== 0) throw new Error("the server with the suite's tools cannot be built");
  const child = spawn(program, { env: { ...process.env, PATCHBAY_CONFORMANCE: "1" }, stdio: ["pipe", "pipe", "inherit"] }), end = ended(child);
  const url = await Promise.race([new Promise((ok) => child.stdout.once("data", (b) => ok(String(b).trim()))), end.then((code) => { throw new Error(`the server with the suite's tools ended with ${code}`); })]);
  return {
    url,
    async stop() {
      child.stdin.end();
      const code = await end;
      rmSync(folder, { recursive: true, force: true });
      return code;
    },
  };
}

/** All that the suite asks of servers, by what it is played against: each scenario has its place here, or the test fails. */
export const scenarios = {
  /** The real program. */
  product: [
    "caching", "completion-complete", "dns-rebinding-protection", "http-header-validation", "input-required-result-non-tool-request", "input-required-result-unsupported-methods",
    "logging-set-level", "ping", "prompts-get-embedded-resource", "prompts-get-simple", "prompts-get-with-args", "prompts-get-with-image", "prompts-list",
    "resources-list", "resources-read-binary", "resources-read-text", "resources-subscribe", "resources-templates-read", "resources-unsubscribe", "sep-2164-resource-not-found",
    "server-initialize", "server-session-lifecycle", "server-sse-multiple-streams", "server-sse-polling", "server-stateless",
    "tasks-capability-negotiation", "tasks-dispatch-and-envelope", "tasks-lifecycle", "tasks-mrtr-composition", "tasks-mrtr-input", "tasks-request-headers", "tasks-request-state-removal",
    "tasks-required-task-error", "tasks-status-notifications", "tasks-wire-fields", "tools-list",
  ],
  /** The same face with the suite's own tools beside ours. */
  tools: [
    "elicitation-sep1034-defaults", "elicitation-sep1330-enums", "http-custom-header-server-validation",
    "input-required-result-basic-elicitation", "input-required-result-basic-list-roots", "input-required-result-basic-sampling", "input-required-result-capability-check",
    "input-required-result-ignore-extra-params", "input-required-result-missing-input-response", "input-required-result-multi-round", "input-required-result-multiple-input-requests",
    "input-required-result-request-state", "input-required-result-result-type", "input-required-result-tampered-state", "input-required-result-validate-input", "json-schema-2020-12", "server-stateless",
    "tools-call-audio", "tools-call-elicitation", "tools-call-embedded-resource", "tools-call-error", "tools-call-image", "tools-call-mixed-content", "tools-call-sampling", "tools-call-simple-text",
    "tools-call-with-logging", "tools-call-with-progress",
  ],
  /** Nothing: they are of the extension for skills, which is not offered, and no version asks for them. */
  none: ["sep-2640-skills-directory", "sep-2640-skills-enumeration", "sep-2640-skills-manifest"],
  authorization: ["authorization-code-grant", "authorization-server-metadata-endpoint"],
};

const declared = (what) => `${what} are not offered, and what is not declared is refused`;

/** Why a check does not apply: [scenario, what it says or its id, the reason]. Each has to be of use, and no two for one check. */
export const inapplicable = [
  [/^server-stateless$/, /^Not testable: server does not list the diagnostic tool/, "only a server made for the suite has the tool, and is asked below"],
  [/^(tools-call-(elicitation|sampling)|elicitation-)/, /client does not support elicitation|stateless servers cannot make requests$/, "without sessions a server asks its client for nothing before 2026-07-28, where it is an answer"],
  [/^tools-call-with-progress$/, /undelivered message/, "an answer is one JSON document: nothing is sent before it"],
  [/^tasks-/, /./, "tasks are an extension that is not offered: a run in the background is the REST API's"],
  [/^completion-complete$/, /method not found/, declared("completions")],
  [/^(resources-|caching$)/, /method not found: "resources\/|resources\/read was not exercised/, declared("resources")],
  [/^sep-2164-resource-not-found$/, /^(sep-2164-error-code|sep-2164-data-uri)$/, declared("resources")],
  [/^(prompts-|caching$|input-required-result-non-tool-request$)/, /method not found: "prompts\//, declared("prompts")],
  [/^(logging-set-level|tools-call-with-logging)$/, /method not found: "logging\//, declared("log messages")],
  [/^server-stateless$/, /-list-changed-on-subscription$/, "the lists of tools do not change under a client, and no prompts are offered"],
  [/^server-(sse-(multiple-streams|polling)|session-lifecycle)$/, /-(session|skipped)$/, "there are no sessions, and so no streams of them"],
];

const bad = (check) => !["SUCCESS", "INFO"].includes(check.status) || check.id.endsWith("-skipped");

/** What a scenario came to: how many of its checks passed, which did not and why; lost are those without a reason. */
export function judge(scenario, checks) {
  const reasons = new Map(), lost = [];
  for (const c of checks.filter(bad)) {
    const rules = inapplicable.filter(([of, says]) => of.test(scenario) && (says.test(c.errorMessage ?? "") || says.test(c.id)));
    if (rules.length === 1) reasons.set(rules[0], (reasons.get(rules[0]) ?? 0) + 1);
    else lost.push(`${scenario}: ${c.id}: ${c.errorMessage ?? c.status} (${rules.length} reasons)`);
  }
  const passed = checks.filter((c) => c.status === "SUCCESS").length;
  if (!passed && !reasons.size && !lost.length) lost.push(`${scenario}: nothing was checked`);
  return { passed, reasons, lost };
}
