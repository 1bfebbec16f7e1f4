import { expect, it } from "vitest";
import { clean, fits } from "./clean.ts";
import type { Field } from "./contract.ts";

const field = (more: Partial<Field>): Field => ({ name: "f", label: "F", description: "", help_url: null, example: "", default: "", optional: false, secret: false, pattern: null, strip: [], options: [], ...more });
const label = field({ pattern: "[a-z0-9][a-z0-9-]*", strip: ["https://", ".zendesk.com", "/"] });

it.each([
  ["acme", "acme"], ["  acme\n", "acme"], ["https://acme.zendesk.com/agent/dashboard?x=1", "acme"], ["HTTPS://ACME.zendesk.com", "acme"], ["“acme”", "acme"], ["acme.zendesk.com/", "acme"], ["ac\u200bme", "acme"],
  ["not a name!", "not a name!"],
])("a part of an address: %j becomes %j", (typed, want) => expect(clean(label, typed)).toBe(want));

it.each([
  ["Bearer abc", "abc"], ["Authorization: Bearer abc", "abc"], ["'abc'", "abc"], [" abc ", "abc"], ["https://user:pw@host/x", "https://user:pw@host/x"],
])("a secret: %j becomes %j", (typed, want) => expect(clean(field({ secret: true, strip: ["https://"] }), typed)).toBe(want));

it("leaves what has no form of its own as it is", () => expect(clean(field({}), "https://example.com/a?b=c")).toBe("https://example.com/a?b=c"));

it("takes a whole match only, and nothing where something may be left out", () => {
  expect(fits(label, "acme x")).toBe(false);
  expect(fits(label, "")).toBe(false);
  expect(fits(field({ optional: true, pattern: "x" }), "")).toBe(true);
  expect(fits(field({ pattern: "(?P<go>x)" }), "y"), "what only the server can read is the server's to check").toBe(true);
});
