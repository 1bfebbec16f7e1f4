import { expect, it } from "vitest";
import { codeOf } from "./componentCode";
import { calls, firstProps, make } from "./playground";

const scope = { projectId: "proj_1", environment: "development" as const };
const filled = { user: "ada & co", account: "apn_1", url: "/me?a=1&b=2", action: "slack-say", trigger: "slack-new" };
const all = calls("https://p.test", scope, filled, { action: { text: "hi" }, trigger: {} });

it("makes the calls of the way, with what is in them kept apart", () => {
  expect(all.accounts.path).toBe("accounts?external_user_id=ada+%26+co");
  expect(Object.fromEntries(new URLSearchParams(all.proxy.path.split("?")[1]))).toEqual({ url: "/me?a=1&b=2", account_id: "apn_1", external_user_id: "ada & co" });
  expect(all.action.body).toEqual({ id: "slack-say", external_user_id: "ada & co", configured_props: { text: "hi" } });
});

it("writes a GET without a body in every language, and quotes its question mark", () => {
  const code = codeOf(all.accounts);
  expect(code.curl).toContain("curl -sS 'https://p.test/v1/connect/proj_1/accounts?external_user_id=ada+%26+co' \\");
  expect(code.curl).not.toMatch(/-d |content-type/);
  expect(code.Python).toMatch(/requests\.get\(/);
  expect(code.Go).toContain("http.MethodGet");
  expect(code.TypeScript).not.toMatch(/method|body/);
});

it("begins with the account and what must be given", () => {
  const prop = (name: string, type: string, more = {}) => ({ name, type, ...more });
  const component = { configurable_props: [prop("slack", "app"), prop("text", "string"), prop("n", "integer", { optional: true }), prop("to", "string[]"), prop("kind", "string", { default: "x" }), prop("db", "db")] };
  expect(firstProps(component as never, "apn_1")).toEqual({ slack: { authProvisionId: "apn_1" }, text: "", to: [], kind: "x" });
});

it("makes a call at its own origin, and shows what came even when it is no JSON", async () => {
  const sent: [string, RequestInit][] = [];
  const answer = (text: string, status: number) => ((u: string, i: RequestInit) => (sent.push([u, i]), Promise.resolve(new Response(text, { status })))) as never;
  expect(await make(all.token, answer('{"token":"x"}', 200))).toMatchObject({ status: 200, body: { token: "x" } });
  expect(await make(all.proxy, answer("<b>no</b>", 502))).toMatchObject({ status: 502, text: "<b>no</b>", body: undefined });
  expect(sent[0]?.[0]).toBe("/v1/connect/proj_1/tokens");
  expect(sent[1]?.[1].body).toBeUndefined();
});
