import { describe, expect, it } from "vitest";
import { choices, configReads } from "./instances";
import { readJson, readObject } from "./json";

it("finds what a workflow reads of an instance's settings", () => {
  const doc = { steps: [{ if: "{{ instance.config.limit > 3 && instance.config?.limit < 9 }}", body: { to: '{{ instance.config["channel id"] }}', x: "{{ my_instance.configured }}" } }] };
  expect(configReads(doc)).toEqual(["channel id", "limit"]);
  expect(configReads(undefined)).toEqual([]);
});

describe("choices of accounts", () => {
  const account = (id: string, slug: string, name: string | null = null) => ({ id, name, app: { name: slug.toUpperCase(), name_slug: slug } });
  it("puts first what has to be chosen, and keeps a choice that is gone", () => {
    const all = choices([account("apn_1", "crm", "Ada"), account("apn_2", "slack", "A"), account("apn_3", "slack")], { gmail: "apn_gone0000", crm: "apn_1" });
    expect(all.map((c) => [c.slug, c.options.map((o) => o.label)])).toEqual([
      ["slack", ["A", "…apn_3"]],
      ["crm", ["Ada"]],
      ["gmail", ["…gone0000, which is gone"]],
    ]);
  });
});

describe("what is written as JSON", () => {
  it("is read, or told what is wrong with it", () => {
    expect(readJson("[1]", "The value")).toEqual([1]);
    expect(() => readJson("{", "The value")).toThrow(/^The value is not JSON: /);
    expect(readObject('{"a":1}', "The config")).toEqual({ a: 1 });
    for (const other of ["[]", "1", "null", '"x"']) expect(() => readObject(other, "The config")).toThrow("The config is not an object");
  });
});
