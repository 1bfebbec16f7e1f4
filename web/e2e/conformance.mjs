// The protocol's own conformance suite, pinned in package.json at the version that knows the protocol of 2026-07-28: how it is
// started, and which of its checks do not apply to our server, with the reason.
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const suite = resolve(import.meta.dirname, "../node_modules/@modelcontextprotocol/conformance/dist/index.js");

// The suite imports fs.globSync, which Node has since 22, for a command that is not used here.
const resolveFs = `export const resolve = (what, context, next) => what === "fs" && context.parentURL?.endsWith("/conformance/dist/index.js")
  ? { shortCircuit: true, url: "data:text/javascript," + encodeURIComponent('export * from "node:fs"; export { default } from "node:fs"; export const globSync = () => [];') } : next(what, context);`;
const data = (code) => `data:text/javascript,${encodeURIComponent(code)}`;
const older = data(`import { register } from "node:module"; register(${JSON.stringify(data(resolveFs))});`);

/** Starts the suite. said is called with all that it has written so far. Returns its checks by scenario. */
export async function play(args, said = () => {}) {
  const out = mkdtempSync(join(tmpdir(), "patchbay-conformance-"));
  try {
    const child = spawn(process.execPath, [...(process.versions.node.startsWith("20.") ? ["--import", older] : []), suite, ...args, "-o", out], { stdio: ["ignore", "pipe", "pipe"] });
    let text = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (b) => said(text += b));
    await new Promise((ok, no) => child.once("close", ok).once("error", no));
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

const product = "the scenario calls a tool that only a server made for the suite has";
const declared = (what) => `${what} are not offered, and what is not declared is refused`;

/** Why a check does not apply: [scenario, what it says or its id, the reason]. Each has to be of use, and no two for one check. */
export const inapplicable = [
  [/^(tools-call-|elicitation-|input-required-)/, /unknown tool "test_|^Prerequisite failed|^Expected InputRequiredResult|^Server returned JSON-RPC error instead/, product],
  [/^server-stateless$/, /^Not testable: server does not list the diagnostic tool/, product],
  [/^json-schema-2020-12$/, /^Tool 'json_schema_2020_12_tool' not found/, product],
  [/^tasks-/, /./, "tasks are an extension that is not offered: a run in the background is the REST API's"],
  [/^http-custom-header-server-validation$/, /^Not testable: server exposes no tool with x-mcp-header/, "no tool asks for its arguments in headers"],
  [/^completion-complete$/, /method not found/, declared("completions")],
  [/^(resources-|caching$)/, /method not found: "resources\/|resources\/read was not exercised/, declared("resources")],
  [/^sep-2164-resource-not-found$/, /^(sep-2164-error-code|sep-2164-data-uri)$/, declared("resources")],
  [/^(prompts-|caching$|input-required-result-non-tool-request$)/, /method not found: "prompts\//, declared("prompts")],
  [/^(logging-set-level|tools-call-with-logging)$/, /method not found: "logging\//, declared("log messages")],
  [/^server-stateless$/, /-list-changed-on-subscription$/, "the lists of tools do not change under a client, and no prompts are offered"],
  [/^server-sse-(multiple-streams|polling)$/, /-session$/, "there are no sessions, and so no streams of them"],
];

const bad = (check) => !["SUCCESS", "INFO"].includes(check.status);

/** What a scenario came to: how many of its checks passed, which did not and why; lost are those without a reason. */
export function judge(scenario, checks) {
  const reasons = new Map(), lost = [];
  for (const c of checks.filter(bad)) {
    const rules = inapplicable.filter(([of, says]) => of.test(scenario) && (says.test(c.errorMessage ?? "") || says.test(c.id)));
    if (rules.length === 1) reasons.set(rules[0], (reasons.get(rules[0]) ?? 0) + 1);
    else lost.push(`${scenario}: ${c.id}: ${c.errorMessage ?? c.status} (${rules.length} reasons)`);
  }
  return { passed: checks.filter((c) => c.status === "SUCCESS").length, reasons, lost };
}
