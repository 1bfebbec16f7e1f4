import { describe, expect, it } from "vitest";
import { codeOf, python } from "./componentCode";

const call = (props: object) => ({
  baseURL: "https://p.test",
  scope: { projectId: "proj_1", environment: "production" as const },
  path: "actions/run",
  body: { id: "slack-send-message", external_user_id: "ada", configured_props: { ...props } },
});

describe("the code of a call", () => {
  it("is a command that a shell takes as it is", () => {
    const { curl } = codeOf(call({ text: "it's $HOME" }));
    expect(curl).toContain("https://p.test/v1/connect/proj_1/actions/run");
    expect(curl).toContain("-H 'x-pd-environment: production'");
    expect(curl).toContain(`"it'\\''s $HOME"`);
  });
  it("is valid TypeScript, with the body as it is sent", () => {
    const { TypeScript: code } = codeOf(call({ text: "`${x}`" }));
    const body = code.slice(code.indexOf("JSON.stringify(") + 15, code.indexOf("),\n});"));
    expect(JSON.parse(body)).toEqual(call({ text: "`${x}`" }).body);
  });
  it("leaves no back quote within a raw text of Go", () => {
    expect(codeOf(call({ text: "plain" })).Go).toContain("strings.NewReader(`{");
    expect(codeOf(call({ text: "`" })).Go).toContain('strings.NewReader("{\\n');
  });
});

it("writes values as Python does", () => {
  expect(python({ a: [true, null], b: {}, c: "ü\n" })).toBe('{\n    "a": [\n        True,\n        None,\n    ],\n    "b": {},\n    "c": "ü\\n",\n}');
});
