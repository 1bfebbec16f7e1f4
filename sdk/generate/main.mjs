// Writes what the libraries make of the contract: node generate/main.mjs
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { go } from "./go.mjs";
import { plan } from "./plan.mjs";
import { python } from "./python.mjs";
import { typescript } from "./typescript.mjs";

const banner = "Code generated from openapi/openapi.yaml by sdk/generate. DO NOT EDIT.";
const at = (path) => new URL(`../${path}`, import.meta.url).pathname;
const files = { ...(await typescript(plan(), banner)), ...python(plan(), banner), ...go(plan(), banner) };
for (const [path, text] of Object.entries(files)) {
  if (existsSync(at(path)) && readFileSync(at(path), "utf8") === text) continue; // nothing has to be built anew
  mkdirSync(dirname(at(path)), { recursive: true });
  writeFileSync(at(path), text);
}
