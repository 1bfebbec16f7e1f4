import { describe, expect, it } from "vitest";
import { inOrder } from "./flow/order";
import { localPath } from "./localPath";
import { covers, slim } from "./scopes";
import { ago, duration } from "./time";
import { fromYAML, toYAML } from "./yaml";

it("says how long", () => {
  expect([0, 7, 999, 1_234, 59_000, 59_990, 61_000, 7_800_000].map(duration)).toEqual(["0 ms", "7 ms", "999 ms", "1.2 s", "59 s", "1 min 00 s", "1 min 01 s", "2 h 10 min"]);
});

it("says when", () => {
  const now = new Date("2026-05-01T12:00:00Z");
  const from = (s: number) => ago(new Date(now.getTime() + s * 1000), now);
  expect([-5, -50, -180, -7_200, -90_000, -40 * 86_400, 20, 7_200].map(from)).toEqual(["just now", "1 minute ago", "3 minutes ago", "2 hours ago", "yesterday", "last month", "in a moment", "in 2 hours"]);
});

it("keeps people on this site", () => {
  expect(localPath("/projects/p?x=1")).toBe("/projects/p?x=1");
  for (const bad of [undefined, "", "//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)"]) expect(localPath(bad)).toBe("/");
});

describe("scopes", () => {
  it("know what a wide one grants", () => {
    expect(covers("*", "runs:read")).toBe(true);
    expect(covers("connect:*", "connect:apps:*")).toBe(true);
    expect(covers("connect:*", "connections:read")).toBe(false);
    expect(covers("connect:*", "connect:*")).toBe(false);
  });
  it("are slimmed to what counts", () => {
    expect(slim(["connect:users:read", "connect:*", "runs:read"])).toEqual(["connect:*", "runs:read"]);
  });
});

it("writes YAML that means the same", () => {
  const text = toYAML({ name: "A b", on: "yes", n: "12", e: "", q: "a: b #c", m: "x\ny", list: [1, { a: true, b: [] }, ["z"]], none: null, gone: undefined });
  expect(text).toBe(`name: A b
"on": "yes"
"n": "12"
e: ""
q: "a: b #c"
m: |-
  x
  y
list:
  - 1
  - a: true
    b: []
  - - z
none: null
`);
});

it("writes several lines as they are, and reads all of it back", async () => {
  const v = { code: "if (a) {\n  b();\n\n}\n", list: ["a\nb", { x: " a\nb", y: "a\n\n", z: "a\n\u0007" }], on: "no", n: "1e3", d: "2026-01-31T08:00:00Z", t: true, f: 1.5, e: {}, k: "{{ steps.a }}", h: "- # x" };
  expect(toYAML(v)).toContain("code: |\n  if (a) {\n    b();\n\n  }\nlist:\n  - |-\n    a\n    b\n");
  expect(await fromYAML(toYAML(v))).toEqual(v);
  await expect(fromYAML("a:\n  b: [")).rejects.toMatchObject({ line: 3 });
});

it("puts the members of a definition as people write them, and keeps them all", () => {
  const inner = { url: "/", type: "http_request", name: "call", account: { app: "slack", of: "user" }, body: { b: 1, a: 2 } };
  const stored = { steps: [{ then: [inner], if: "{{ true }}", name: "choose", type: "if" }], triggers: [{ auth: "none", type: "http", name: "http" }], name: "x" };
  expect(inOrder(stored)).toEqual(stored);
  expect(toYAML(inOrder(stored))).toBe(`name: x
triggers:
  - name: http
    type: http
    auth: none
steps:
  - name: choose
    type: if
    if: "{{ true }}"
    then:
      - name: call
        type: http_request
        account:
          of: user
          app: slack
        url: /
        body:
          b: 1
          a: 2
`);
});
