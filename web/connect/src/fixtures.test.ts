import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { expect, test } from "vitest";

const dir = join(import.meta.dirname, "../fixtures");
const types: { [kind: string]: string } = {
  page: "Page", plan: "Plan", started: "Started", standing: "Standing", app_list: "AppList", account_list: "{ data: Account[] }",
};

// A fixture is named {type}-{case}.json. The compiler reads each as if it were written in TypeScript.
test("every fixture is what contract.ts says", () => {
  const names = readdirSync(dir);
  expect(names.length).toBeGreaterThan(30);
  const lines = names.map((n, i) => `export const x${i}: ${types[n.split(/[-.]/)[0]!]} = ${readFileSync(join(dir, n), "utf8").trim()};`);
  const at = join(import.meta.dirname, "all-fixtures.ts");
  const source = `import type { Account, AppList, Page, Plan, Standing, Started } from "./contract.ts";\n${lines.join("\n")}`;
  const options: ts.CompilerOptions = { strict: true, noEmit: true, allowImportingTsExtensions: true, module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler, target: ts.ScriptTarget.ES2022, lib: ["lib.es2022.d.ts", "lib.dom.d.ts"], types: [], skipLibCheck: true };
  const host = ts.createCompilerHost(options), read = host.getSourceFile.bind(host);
  host.getSourceFile = (name, ...rest) => (name === at ? ts.createSourceFile(name, source, ts.ScriptTarget.ES2022) : read(name, ...rest));
  const faults = ts.getPreEmitDiagnostics(ts.createProgram([at], options, host)).map((d) => ts.flattenDiagnosticMessageText(d.messageText, "\n"));
  expect(faults).toEqual([]);
}, 60_000);
