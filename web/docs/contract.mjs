// The contract as the reference shows it: openapi/openapi.yaml, with what the server
// was asked and answered in its own tests (openapi/examples.json), and with what an
// operation asks of its caller in words.
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { load } from "js-yaml";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const read = (file) => readFileSync(join(root, "openapi", file), "utf8");

/** Calls fn with each operation of a contract: its path, its method and itself. */
export function eachOperation(contract, fn) {
  for (const [path, item] of Object.entries(contract.paths)) {
    for (const [method, op] of Object.entries(item)) if (op.operationId) fn(path, method, op, item);
  }
}

function resolve(contract, thing) {
  return thing.$ref ? thing.$ref.slice(2).split("/").reduce((at, key) => at[key], contract) : thing;
}

export function documented() {
  const contract = load(read("openapi.yaml")), examples = JSON.parse(read("examples.json"));
  eachOperation(contract, (path, method, op) => {
    const e = examples[op.operationId];
    const asks = op["x-permission"] ? [`**Scope:** \`${op["x-permission"]}\``] : [];
    if (op["x-rate-limit"]) asks.push(`**Rate limit:** \`${op["x-rate-limit"]}\` of the project; what is beyond it is answered with 429 and \`Retry-After\``);
    if (asks.length > 0) op.description = [op.description?.trimEnd(), asks.join("  \n")].filter(Boolean).join("\n\n");
    if (!e) return;
    const body = op.requestBody && resolve(contract, op.requestBody).content?.["application/json"];
    if (body && !body.example && e.request && typeof e.request === "object") body.example = e.request;
    const answer = e.status < 400 && op.responses[e.status] && resolve(contract, op.responses[e.status]).content?.["application/json"];
    if (answer && !answer.example && e.response != null) answer.example = e.response;
    op["x-codeSamples"] = [{ lang: "Shell", label: "curl", source: curl(method, e, op) }];
  });
  return contract;
}

const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;

function curl(method, e, op) {
  const lines = [`curl ${method === "get" ? "" : `-X ${method.toUpperCase()} `}"$PATCHBAY_BASE_URL/v1${e.path.replaceAll('"', "%22")}"`];
  const open = op.security && op.security.length === 0;
  if (!open) lines.push(`-H "Authorization: Bearer $TOKEN"`, `-H "x-pd-environment: development"`);
  if (e.request !== undefined) {
    const json = typeof e.request === "object";
    lines.push(`-H "Content-Type: ${json ? "application/json" : Object.keys(op.requestBody?.content ?? { "application/json": 0 })[0]}"`, `-d ${quoted(json ? JSON.stringify(e.request) : e.request)}`);
  }
  return lines.join(" \\\n  ");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(process.argv[2], JSON.stringify(documented()));
