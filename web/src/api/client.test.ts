import { beforeEach, describe, expect, it, vi } from "vitest";
import { fakeFetch } from "@/testing/render";
import { api, ApiError, data, onSignedOut } from "./client";
import { createWorkflow } from "./definition";
import { within } from "./types";

const scope = { projectId: "proj_1", environment: "production" } as const;
const users = () => data(api.GET("/connect/{project_id}/users", { params: { ...within(scope), query: { q: "a b" } } }));
const caught = (p: Promise<unknown>) => p.then(() => expect.fail("it did not throw"), (e: unknown) => e as ApiError);

describe("the client", () => {
  beforeEach(() => onSignedOut(() => {}));

  it("calls below /v1 of its own origin with the environment", async () => {
    const sent = fakeFetch(() => ({ body: { data: [], page_info: {} } }));
    await users();
    expect(sent[0]?.path).toBe("/v1/connect/proj_1/users?q=a%20b");
    expect(sent[0]?.headers.get("x-pd-environment")).toBe("production");
    expect(sent[0]?.headers.get("authorization")).toBeNull();
  });

  it("gives the API's sentence, code and request id", async () => {
    fakeFetch(() => ({ status: 422, body: { error: "This address leads into a private network.", code: "blocked_address", details: { request_id: "req_9", url: "http://10.0.0.1" } } }));
    const e = await caught(users());
    expect(e).toBeInstanceOf(ApiError);
    expect(e).toMatchObject({ message: "This address leads into a private network.", status: 422, code: "blocked_address", requestId: "req_9" });
    expect(e.hints).toEqual([["url", "http://10.0.0.1"]]);
  });

  it("makes a sentence of a proxy's HTML page and takes the request id of the header", async () => {
    fakeFetch(() => ({ status: 502, body: "<html>Bad gateway</html>", headers: { "x-request-id": "req_h" } }));
    expect(await caught(users())).toMatchObject({ message: "The server answered 502 without an explanation.", status: 502, code: "unknown", requestId: "req_h" });
  });

  it("tells silence from refusal", async () => {
    vi.stubGlobal("fetch", () => Promise.reject(new TypeError("Failed to fetch")));
    expect(await caught(users())).toMatchObject({ status: 0, code: "unreachable" });
  });

  it("reports an ended session once per 401, and no other status", async () => {
    const out = vi.fn();
    onSignedOut(out);
    fakeFetch(() => ({ status: 403, body: { error: "Not allowed.", code: "forbidden", details: {} } }));
    await caught(users());
    expect(out).not.toHaveBeenCalled();
    fakeFetch(() => ({ status: 401, body: { error: "Sign in first.", code: "unauthenticated", details: {} } }));
    expect(await caught(users())).toMatchObject({ message: "Sign in first." });
    expect(out).toHaveBeenCalledTimes(1);
  });

  it("takes an answer without a body", async () => {
    fakeFetch(() => ({ status: 204 }));
    await expect(data(api.DELETE("/clients/{client_id}", { params: { path: { client_id: "cli_1" } } }))).resolves.toBeUndefined();
  });

  it("sends a definition as it was written, under its own media type", async () => {
    const sent = fakeFetch(() => ({ status: 201, body: {} }));
    await createWorkflow("proj_1", "name: a # comment\n");
    await createWorkflow("proj_1", ' {"name": "a"}');
    expect(sent.map((s) => [s.headers.get("content-type"), s.body])).toEqual([
      ["application/yaml", "name: a # comment\n"],
      ["application/json", ' {"name": "a"}'],
    ]);
  });
});
