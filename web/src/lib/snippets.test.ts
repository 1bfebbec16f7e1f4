import { createHmac, timingSafeEqual } from "node:crypto";
import { describe, expect, it } from "vitest";
import { callWorkflow, quickStart, quote, verify } from "./snippets";

const scope = { projectId: "proj_42", environment: "production" } as const;

describe("quick start", () => {
  const all = quickStart("https://pb.example", scope).map((s) => s.code);
  it("names the real address, project and environment", () => {
    expect(all[0]).toContain("https://pb.example/v1/oauth/token");
    expect(all[1]).toContain("https://pb.example/v1/connect/proj_42/tokens");
    expect(all[1]).toContain("-H 'x-pd-environment: production'");
    expect(all[2]).toContain("'https://pb.example/v1/connect/proj_42/accounts?external_user_id=test-user'");
  });
  it("holds no secret", () => {
    expect(all.join("\n")).not.toMatch(/pbs_|ctok_/);
  });
});

it("quotes for a shell", () => {
  expect(quote("it's")).toBe(`'it'\\''s'`);
});

it("calls a workflow as its trigger wants", () => {
  expect(callWorkflow("http://h/w", "none", scope)).not.toContain("authorization");
  expect(callWorkflow("http://h/w", "bearer", scope)).toContain("Bearer $WORKFLOW_TOKEN");
  expect(callWorkflow("http://h/w", "oauth", scope)).toContain("x-pd-external-user-id");
});

describe("the Node code that checks a signature", () => {
  const source = verify.Node.replace(/^import .*\n/, "").replace("export function", "return function");
  const check = new Function("createHmac", "timingSafeEqual", source)(createHmac, timingSafeEqual) as (b: string, h: string, k: string, now: number) => boolean;
  const key = "ab".repeat(32);
  const sign = (body: string, t: number, k = key) => createHmac("sha256", k).update(`${t}.${body}`).digest("hex");
  const now = 1_800_000_000;

  it("accepts what we sign", () => {
    expect(check('{"a":1}', `t=${now},v1=${sign('{"a":1}', now)}`, key, now)).toBe(true);
  });
  it("accepts the second signature of a rotation", () => {
    expect(check("x", `t=${now},v1=${sign("x", now, "old")}, v1=${sign("x", now)}`, key, now)).toBe(true);
  });
  it("refuses a changed body, a wrong key, an old time and nonsense", () => {
    const good = sign("x", now);
    expect(check("y", `t=${now},v1=${good}`, key, now)).toBe(false);
    expect(check("x", `t=${now},v1=${good}`, "other", now)).toBe(false);
    expect(check("x", `t=${now},v1=${good}`, key, now + 301)).toBe(false);
    expect(check("x", `t=${now + 1},v1=${good}`, key, now)).toBe(false);
    expect(check("x", "nonsense", key, now)).toBe(false);
    expect(check("x", `t=${now},v0=${good}`, key, now)).toBe(false);
  });
});

it("says the limits in every language", () => {
  for (const code of Object.values(verify)) {
    expect(code).toMatch(/300|5\*time\.Minute/);
    expect(code).toMatch(/timingSafeEqual|compare_digest|hmac\.Equal/);
  }
});
