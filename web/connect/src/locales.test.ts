import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const dir = join(import.meta.dirname, "../locales");
const read = (name: string) => JSON.parse(readFileSync(join(dir, name), "utf8")) as { [key: string]: string };
const en = read("en.json");
const others = readdirSync(dir).filter((n) => n !== "en.json");
const names = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((m) => m[1]).sort();
const sources = (d: string): string[] => readdirSync(d, { withFileTypes: true }).flatMap((e) => (e.isDirectory() ? sources(join(d, e.name)) : /\.tsx?$/.test(e.name) && !e.name.includes(".test.") ? [readFileSync(join(d, e.name), "utf8")] : []));

describe.each(others)("%s", (name) => {
  const words = read(name);
  it("has the keys of English, in their order", () => expect(Object.keys(words)).toEqual(Object.keys(en)));
  it.each(Object.keys(en))("%s names the same", (key) => {
    expect(words[key]!.trim()).not.toBe("");
    expect(new Set(names(words[key]!))).toEqual(new Set(names(en[key]!)));
  });
});

describe("English", () => {
  const code = sources(import.meta.dirname).join("\n");
  it("has every key that the page says", () => {
    const said = [...code.matchAll(/\b(?:say|tell|has)\("([a-z.]+)"/g)].map((m) => m[1]!);
    expect(said.length).toBeGreaterThan(40);
    expect(said.filter((k) => !(k in en))).toEqual([]);
  });
  it("has no key that nobody says", () => {
    const server = readdirSync(join(import.meta.dirname, "../../../api/hosted")).filter((n) => n.endsWith(".go")).map((n) => readFileSync(join(import.meta.dirname, "../../../api/hosted", n), "utf8")).join("\n");
    const built = /^(category\.|problem\.\w+\.(title|text|hint)|code\.|accounts\.(healthy|degraded|dead)|methods\.(oauth|keys|none))/;
    expect(Object.keys(en).filter((k) => !built.test(k) && !code.includes(`"${k}"`) && !server.includes(`"${k}"`))).toEqual([]);
  });
});
