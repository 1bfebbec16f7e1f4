import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";

// What is published, as it is published: packed, unpacked beside a user's code, and tried there.
const root = resolve(import.meta.dirname, "..");
const require = createRequire(import.meta.url);
let place: string;

interface Packed {
  filename: string;
  files: { path: string }[];
}
const pack = (name: string, ...args: string[]) =>
  (JSON.parse(execFileSync("npm", ["pack", "--json", ...args], { cwd: join(root, name), encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] })) as Packed[])[0]!;

const published = (name: string) => (JSON.parse(readFileSync(join(root, name, "package.json"), "utf8")) as { name: string }).name;

beforeAll(() => {
  place = mkdtempSync(join(tmpdir(), "patchbay-sdk-"));
  for (const name of ["browser", "react", "typescript"]) {
    const at = join(place, "node_modules", published(name));
    mkdirSync(at, { recursive: true });
    const { filename } = pack(name, "--pack-destination", place);
    execFileSync("tar", ["-xzf", join(place, filename.replace("/", "-").replace("@", "")), "-C", at, "--strip-components", "1"]);
  }
  symlinkSync(join(root, "node_modules/react"), join(place, "node_modules/react"));
  symlinkSync(join(root, "node_modules/@types"), join(place, "node_modules/@types"));
  symlinkSync(join(root, "node_modules/csstype"), join(place, "node_modules/csstype"));
});
afterAll(() => rmSync(place, { recursive: true, force: true }));

test.each([
  ["browser", /^(package\.json|README\.md|CHANGELOG\.md|LICENSE|dist\/(esm|umd)\/([a-z]+\.d\.ts|index\.js|patchbay\.js|package\.json)(\.map)?)$/],
  ["react", /^(package\.json|README\.md|CHANGELOG\.md|LICENSE|dist\/([\w-]+\.d\.ts|index\.js|styles\.css)(\.map)?)$/],
  ["typescript", /^(package\.json|README\.md|CHANGELOG\.md|LICENSE|dist\/((gen\/)?[a-z]+\.d\.ts|index\.js)(\.map)?)$/],
])("%s holds what it needs and nothing else", (name, allowed) => {
  const paths = pack(name, "--dry-run").files.map((f) => f.path);
  expect(paths.filter((p) => !allowed.test(p))).toEqual([]);
  expect(paths).toEqual(expect.arrayContaining(["package.json", "README.md", "CHANGELOG.md", "LICENSE"]));
  const { exports, dependencies } = JSON.parse(readFileSync(join(root, name, "package.json"), "utf8")) as { exports: object; dependencies?: object };
  expect(dependencies).toBeUndefined();
  for (const path of JSON.stringify(exports).match(/\.\/[^"]+\.[a-z]+/g)!.filter((p) => p !== "./styles.css")) expect(paths).toContain(path.slice(2));
});

test.each([
  ["browser/dist/esm/index.js", 6],
  ["browser/dist/umd/patchbay.js", 6],
  ["react/dist/index.js", 12],
  ["typescript/dist/index.js", 10],
])("%s has at most %i kB, compressed", (path, kilobytes) => {
  expect(gzipSync(readFileSync(join(root, path))).length).toBeLessThanOrEqual(kilobytes * 1000);
});

test("a tag publishes the version that its package and its changelog say, and no other", () => {
  const publishes = (tag: string) => execFileSync(join(root, "published.sh"), [tag], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
  for (const name of ["browser", "react", "typescript"]) {
    const { version } = JSON.parse(readFileSync(join(root, name, "package.json"), "utf8")) as { version: string };
    expect(publishes(`sdk/${name}/v${version}`)).toBe(`name=${name}`);
    for (const tag of [`sdk/${name}/v${version}1`, `sdk/${name}/${version}`, `sdk/server/v${version}`, `v${version}`]) expect(() => publishes(tag), tag).toThrow();
  }
  const python = /^version = "(.*)"$/m.exec(readFileSync(join(root, "python/pyproject.toml"), "utf8"))![1]!;
  expect(publishes(`sdk/python/v${python}`)).toBe("name=python");
  const go = /^const Version = "(.*)"$/m.exec(readFileSync(join(root, "go/call.go"), "utf8"))![1]!;
  expect(publishes(`sdk/go/v${go}`)).toBe("name=go");
});

test("import, require and <script> get the same", async () => {
  const node = (code: string, type: string) => execFileSync(process.execPath, ["--input-type", type, "-e", code], { cwd: place, encoding: "utf8" }).trim();
  const want = "ConnectError,PatchbayError,createFrontendClient";
  expect(node('import * as p from "@patchbay/browser"; console.log(Object.keys(p).sort().join())', "module")).toBe(want);
  expect(node('console.log(Object.keys(require("@patchbay/browser")).sort().join())', "commonjs")).toBe(want);
  const script = readFileSync(join(place, "node_modules/@patchbay/browser/dist/umd/patchbay.js"), "utf8");
  const page: { Patchbay?: object } = {};
  new Function("globalThis", "self", "exports", "module", "define", script).call(page, page, page);
  expect(Object.keys(page.Patchbay!).sort().join()).toBe(want);
});

test.each([["NodeNext"], ["bundler"]])("the types fit what users write, resolved by %s", (how) => {
  const use = join(place, "use");
  cpSync(join(root, "test/use"), use, { recursive: true });
  cpSync(join(use, "browser.ts"), join(use, "browser.cts"));
  const args = ["--noEmit", "--strict", "--jsx", "react-jsx", "--target", "es2022", "--lib", "es2022,dom,dom.iterable", "--types", "react", "--module", how === "bundler" ? "esnext" : how, "--moduleResolution", how];
  const files = ["browser.ts", "react.tsx", "sdk.ts", ...(how === "NodeNext" ? ["browser.cts"] : [])].map((f) => join(use, f));
  try {
    execFileSync(process.execPath, [require.resolve("typescript/bin/tsc"), ...args, ...files], { cwd: place, encoding: "utf8", stdio: "pipe" });
  } catch (e) {
    throw new Error((e as { stdout: string }).stdout);
  } finally {
    rmSync(use, { recursive: true });
  }
}, 120_000);
