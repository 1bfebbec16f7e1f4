import { describe, expect, it } from "vitest";
import { flow, inOrder } from "./flow";
import { localPath } from "./localPath";
import { covers, slim } from "./scopes";
import { ago, duration } from "./time";
import { toYAML } from "./yaml";

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
m: "x\\ny"
list:
  - 1
  - a: true
    b: []
  - - z
none: null
`);
});

it("tells what a step does and as whom", () => {
  const nodes = flow({
    name: "x",
    triggers: [{ type: "http" }],
    steps: [
      { name: "get", type: "http_request", url: "/me", account: { of: "user", app: "slack" } },
      { name: "only", type: "filter", if: "{{ x }}" },
      { name: "end", type: "respond" },
    ],
  });
  expect(nodes.map((n) => n.text)).toEqual(["HTTP call, auth: oauth", "GET /me", "goes on if {{ x }}", "answers 200"]);
  expect(nodes[1]?.account).toBe("the user’s slack");
});

it("puts the members of a definition as people write them, and keeps them all", () => {
  const stored = { name: "x", steps: [{ account: { app: "slack", of: "user" as const }, body: { b: 1, a: 2 }, name: "s", type: "http_request" as const, url: "/" }], triggers: [{ auth: "none" as const, type: "http" as const }] };
  expect(inOrder(stored)).toEqual(stored);
  expect(toYAML(inOrder(stored))).toBe(`name: x
triggers:
  - type: http
    auth: none
steps:
  - name: s
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
