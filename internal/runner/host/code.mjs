// Runs a piece of code: a module whose default export is a function or a
// component, or the body of a function.

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { instanceOf } from "./instance.mjs";
import { stepOf } from "./step.mjs";

export async function code(request) {
  const { steps = {}, trigger = {}, env = {} } = request;
  const $ = stepOf(request);
  const folder = await mkdtemp(join(tmpdir(), "step-"));
  try {
    const file = join(folder, "step.mjs");
    await writeFile(file, moduleOf(request.text));
    const { default: found } = await import(pathToFileURL(file).href);
    if (typeof found === "function") return await found({ steps, trigger, env, $ });
    if (typeof found?.run !== "function") throw new Error("The code exports neither a function nor a component with a run.");
    return await found.run.call(instanceOf(found, request).self, { steps: { ...steps, trigger }, $ });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The line numbers stay those of the text. */
function moduleOf(text) {
  return /^\s*export\s+(default\b|\{[^}]*\bas\s+default\b)/m.test(text) ? text : `export default async ({ steps, trigger, env, $ }) => { ${text}\n}`;
}
