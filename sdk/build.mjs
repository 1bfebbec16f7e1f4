// Builds one package: node build.mjs browser|react|typescript, called in its folder.
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { build } from "rolldown";

const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");
const types = (outDir) => execFileSync(process.execPath, [tsc, "--declaration", "--emitDeclarationOnly", "--outDir", outDir], { stdio: "inherit" });
const bundle = (input, output, external) => build({ input, external, output: { minify: true, sourcemap: true, ...output }, logLevel: "warn" });

rmSync("dist", { recursive: true, force: true });
cpSync("../../LICENSE", "LICENSE");
if (process.argv[2] === "browser") {
  await bundle("src/index.ts", { file: "dist/esm/index.js", format: "esm" });
  await bundle("src/index.ts", { file: "dist/umd/patchbay.js", format: "umd", name: "Patchbay", exports: "named" });
  types("dist/esm");
  // The package is of ES modules; what require() and <script> take is not.
  mkdirSync("dist/umd", { recursive: true });
  writeFileSync("dist/umd/package.json", '{ "type": "commonjs" }\n');
  for (const file of readdirSync("dist/esm")) if (file.endsWith(".d.ts")) cpSync(`dist/esm/${file}`, `dist/umd/${file}`);
} else if (process.argv[2] === "typescript") {
  await bundle("src/index.ts", { file: "dist/index.js", format: "esm" });
  types("dist");
} else {
  await bundle("src/index.ts", { file: "dist/index.js", format: "esm", banner: '"use client";' }, ["@patchbay/browser", "react", "react/jsx-runtime"]);
  types("dist");
  cpSync("src/styles.css", "dist/styles.css");
}
