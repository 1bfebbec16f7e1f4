import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Page, Standing } from "./contract.ts";
import { Flow } from "./flow.ts";
import { fixture } from "./preview/states.ts";
import { speak } from "./words.ts";
import en from "../locales/en.json";

type Answers = { [path: string]: () => [number, unknown] };
let calls: { path: string; body: unknown; headers: Headers }[];
let answers: Answers;

beforeEach(() => {
  vi.useFakeTimers();
  speak("en", en);
  calls = [];
  sessionStorage.clear();
  vi.stubGlobal("open", () => ({ closed: false, close: () => undefined }));
  vi.stubGlobal("fetch", async (path: string, init: RequestInit) => {
    calls.push({ path, body: init.body ? JSON.parse(String(init.body)) as unknown : null, headers: new Headers(init.headers) });
    const [status, body] = answers[path.split("?")[0]!]?.() ?? [204, null];
    return new Response(body === null ? null : JSON.stringify(body), { status });
  });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const standing = (name: string) => fixture<Standing>(`standing-${name}`);
const begin = async (name: string, more: Answers = {}, query = "token=ctok_1") => {
  answers = { "/connect/status": () => [200, standing("none")], ...more };
  const flow = new Flow(fixture<Page>(`page-${name}`), new URLSearchParams(query), () => undefined);
  await flow.open();
  return flow;
};

it("sends the token and the session of the page with each call", async () => {
  await begin("explain");
  expect(calls[0]!.headers.get("authorization")).toBe("Bearer ctok_1");
  expect(calls[0]!.headers.get("x-connect-session")).toBe("cs_6yH2");
});

it("does not take the outcome of an earlier try for this one", async () => {
  const flow = await begin("explain", { "/connect/status": () => [200, standing("failed-denied")] });
  expect(flow.screen.at).toBe("explain");
  flow.away(flow.page.plan!);
  await vi.advanceTimersByTimeAsync(5000);
  expect(flow.screen.at).toBe("wait");
  answers["/connect/status"] = () => [200, { ...standing("succeeded"), flow: "flow_2" }];
  await vi.advanceTimersByTimeAsync(2000);
  expect(flow.screen.at).toBe("done");
});

it("knows its own try, however late it hears of earlier ones", async () => {
  let late = (_: Response) => {};
  const flow = new Flow(fixture<Page>("page-explain"), new URLSearchParams("token=ctok_1"), () => undefined);
  vi.stubGlobal("fetch", () => new Promise<Response>((ok) => { late = ok; }));
  const opened = flow.open();
  vi.stubGlobal("parent", { postMessage: () => undefined });
  flow.agree(null, null);
  late(new Response(JSON.stringify({ status: "open", flow: "flow_2" })));
  await opened;
  vi.stubGlobal("fetch", async () => new Response(JSON.stringify({ ...standing("succeeded"), flow: "flow_2" })));
  await vi.advanceTimersByTimeAsync(2000);
  expect(flow.screen.at).toBe("done");
});

it("shows on the form what the app did not take, and keeps asking no more", async () => {
  const flow = await begin("keys", { "/connect/keys": () => [200, standing("failed-input")] });
  flow.agree({ api_key: "x" }, null);
  await vi.advanceTimersByTimeAsync(0);
  expect(flow.screen).toMatchObject({ at: "input", error: en["code.test_request_failed"] });
  expect(calls.find((c) => c.path === "/connect/keys")!.body).toMatchObject({ app: "datadog", auth: "keys", fields: { api_key: "x" } });
});

it("says at a field what the server has against it", async () => {
  const flow = await begin("keys", { "/connect/keys": () => [400, { error: "API key does not look right.", code: "field_form", details: { field: "cfmap_json.api_key" } }] });
  flow.agree({ api_key: "x" }, null);
  await vi.advanceTimersByTimeAsync(0);
  expect(flow.screen).toMatchObject({ at: "input", error: "API key does not look right.", field: "api_key" });
});

it("asks for the fields of a sign-in before it leaves, and begins with the powers that were left on", async () => {
  const flow = await begin("input", { "/connect/oauth/start": () => [409, { error: "No.", code: "oauth_denied", request_id: "r1" }] });
  flow.agree(null, ["tickets:read"]);
  expect(flow.screen.at).toBe("input");
  flow.agree({ subdomain: "acme" }, flow.powers);
  await vi.advanceTimersByTimeAsync(0);
  expect(calls.find((c) => c.path === "/connect/oauth/start")!.body).toMatchObject({ same_tab: true, powers: ["tickets:read"], fields: { subdomain: "acme" } });
  expect(flow.screen).toMatchObject({ at: "problem", problem: { code: "oauth_denied", cause: "denied", request_id: "r1" } });
});

it("goes on waiting over a line that breaks, and ends when the token does", async () => {
  const flow = await begin("explain");
  flow.away(flow.page.plan!);
  answers["/connect/status"] = () => [502, "no JSON"];
  await vi.advanceTimersByTimeAsync(4000);
  expect(flow.screen.at).toBe("wait");
  answers["/connect/status"] = () => [401, { error: "Over.", code: "token_expired", request_id: "r2" }];
  await vi.advanceTimersByTimeAsync(2000);
  expect(flow.screen).toMatchObject({ at: "problem", problem: { cause: "expired" } });
});

it("takes a question's answer and goes on from what the server says", async () => {
  const flow = await begin("explain", { "/connect/flows/flow_1/answer": () => [200, standing("succeeded")] });
  flow.away(flow.page.plan!);
  answers["/connect/status"] = () => [200, standing("asking-choice")];
  await vi.advanceTimersByTimeAsync(2000);
  expect(flow.screen.at).toBe("question");
  await flow.answer({ choice: "b2" });
  expect(flow.screen.at).toBe("done");
});
