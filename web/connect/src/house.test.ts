import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

const files = readdirSync(import.meta.dirname, { recursive: true, encoding: "utf8" }).filter((n) => /\.(tsx?|css)$/.test(n)).map((n) => [n, readFileSync(join(import.meta.dirname, n), "utf8")] as const);

it("keeps files within 300 lines", () => expect(files.filter(([, s]) => s.split("\n").length > 301).map(([n]) => n)).toEqual([]));
it("lays out by logical directions, so that it can be read from right to left", () => {
  const physical = /^[^/*]*\b(?:(?:margin|padding|border)-(?:left|right)|(?<![-\w])(?:left|right)\s*:|text-align:\s*(?:left|right))/m;
  expect(files.filter(([n, s]) => n.endsWith(".css") && physical.test(s)).map(([n]) => n)).toEqual([]);
});
it("writes no style into markup and runs no text, which the page's policy refuses", () => {
  expect(files.filter(([n, s]) => n.endsWith(".tsx") && /\sstyle=|dangerouslySetInnerHTML|\beval\(/.test(s)).map(([n]) => n)).toEqual([]);
});
