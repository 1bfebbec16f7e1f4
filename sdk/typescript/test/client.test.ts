import { createServer } from "node:http";
import { afterEach, describe, expect, test, vi } from "vitest";
import { version } from "../package.json";
import { BadRequestError, Binary, ConflictError, ForbiddenError, NetworkError, NotFoundError, PatchbayClient, PatchbayError, RequestTimeoutError, ServerError, TooManyRequestsError, UnauthorizedError, type ClientOptions } from "../src/index.js";

interface Asked {
  method: string;
  url: string;
  headers: Headers;
  body: unknown;
}

/** A server that answers what it is told to, in order; the last answer again and again. It gives out tokens t1, t2 … beside. */
function fake(...answers: (Response | Error | (() => Response | Promise<Response>))[]) {
  const asked: Asked[] = [], tokens: Asked[] = [];
  let expires = 3600;
  const get = vi.fn(async (url: string | URL | Request, init: RequestInit = {}) => {
    const call: Asked = { method: init.method ?? "GET", url: String(url), headers: new Headers(init.headers), body: typeof init.body === "string" ? JSON.parse(init.body) : init.body };
    init.signal?.throwIfAborted();
    if (call.url.endsWith("/v1/oauth/token")) {
      tokens.push(call);
      return Response.json({ access_token: `t${tokens.length}`, token_type: "Bearer", expires_in: expires });
    }
    const next = answers[Math.min(asked.push(call), answers.length) - 1]!;
    if (next instanceof Error) throw next;
    return typeof next === "function" ? next() : next.clone();
  });
  return { asked, tokens, fetch: get as unknown as typeof fetch, lasting: (seconds: number) => (expires = seconds) };
}

const options = { baseUrl: "https://connect.test/", clientId: "cli", clientSecret: "s3cret", projectId: "proj_1", environment: "development" } as const;
const client = (server: { fetch: typeof fetch }, more: ClientOptions = {}) => new PatchbayClient({ ...options, fetch: server.fetch, ...more });
const list = (data: unknown[], end: string | null = null) => Response.json({ data, page_info: { total_count: 3, count: data.length, start_cursor: "s", end_cursor: end } });
const wrong = (status: number, headers: Record<string, string> = {}, code = "odd") => Response.json({ error: "So it is.", code, details: {} }, { status, headers: { "x-request-id": "req_1", ...headers } });

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
});

test("its version is the package's", async () => {
  const server = fake(list([]));
  await client(server).accounts.list();
  expect(server.asked[0]!.headers.get("user-agent")).toBe(`patchbay-typescript/${version}`);
});

describe("what is sent", () => {
  test("a query in snake_case, lists repeated, nothing for undefined and null, times in ISO", async () => {
    const server = fake(list([]));
    await client(server).apps.list({ categoryIds: ["a b", "c&d"], hasActions: true, q: undefined, limit: 5 });
    await client(server).actionRuns.list({ from: new Date(0) });
    expect(server.asked[0]!.url).toBe("https://connect.test/v1/connect/apps?category_ids=a%20b&category_ids=c%26d&has_actions=true&limit=5");
    expect(server.asked[1]!.url).toBe("https://connect.test/v1/connect/proj_1/action_runs?from=1970-01-01T00%3A00%3A00.000Z");
    expect(server.asked[0]!.headers.get("x-pd-environment")).toBe("development");
    expect(server.asked[0]!.headers.get("authorization")).toBe("Bearer t1");
    expect(server.asked[0]!.body).toBeNull();
    expect(server.tokens[0]!.body).toEqual({ grant_type: "client_credentials", client_id: "cli", client_secret: "s3cret" });
  });

  test("a body in snake_case, whose props keep their names", async () => {
    const server = fake(Response.json({ exports: { aKey: 1, some_key: { in_it: 2 } }, os: [], ret: { made_at: "2026-01-01T00:00:00Z" }, stash_id: null, run_id: "arun_1" }));
    const outcome = await client(server).actions.run({ id: "x", externalUserId: "ada", configuredProps: { some_app: { authProvisionId: "apn_1" }, someKey: { inIt: 1 } } });
    expect(server.asked[0]!.body).toEqual({ id: "x", external_user_id: "ada", configured_props: { some_app: { authProvisionId: "apn_1" }, someKey: { inIt: 1 } } });
    expect(outcome).toEqual({ exports: { aKey: 1, some_key: { in_it: 2 } }, os: [], ret: { made_at: "2026-01-01T00:00:00Z" }, stashId: null, runId: "arun_1" });
    expect(server.asked[0]!.headers.get("idempotency-key")).toMatch(/^[0-9a-f-]{36}$/);
  });

  test("what stands in the query though there is a body, ids that have to be escaped, and nothing where nothing is sent", async () => {
    const server = fake(() => Response.json({ data: {} }));
    const c = client(server);
    await c.deployedTriggers.update("dc_1", { externalUserId: "ada", active: false });
    await c.components.retrieve("~/my key", { version: "1.0.0" });
    await c.projectEnvironment.regenerateWebhookSigningKey();
    expect([server.asked[0]!.url, server.asked[0]!.body]).toEqual(["https://connect.test/v1/connect/proj_1/deployed-triggers/dc_1?external_user_id=ada", { active: false }]);
    expect(server.asked[1]!.url).toBe("https://connect.test/v1/connect/proj_1/components/~%2Fmy%20key?version=1.0.0");
    expect([server.asked[2]!.body, server.asked[2]!.headers.get("content-type")]).toEqual([null, null]);
    await expect(c.accounts.retrieve("")).rejects.toThrow("account_id is empty");
  });

  test("the connect token is the bearer where only it may be", async () => {
    const server = fake(Response.json({ id: "apn_1", created_at: "2026-01-01T00:00:00Z" }));
    const account = await client(server).accounts.create({ appSlug: "a", cfmapJson: "{}", connectToken: "ctok_1" });
    expect(server.asked[0]!.headers.get("authorization")).toBe("Bearer ctok_1");
    expect(server.tokens).toEqual([]);
    expect(account.createdAt).toEqual(new Date("2026-01-01T00:00:00Z"));
  });

  test("headers and the environment of one call", async () => {
    const server = fake(list([]));
    await client(server, { headers: { "X-A": "1", "X-B": "1" } }).users.list({}, { headers: { "X-B": "2" }, environment: "production" });
    const { headers } = server.asked[0]!;
    expect([headers.get("x-a"), headers.get("x-b"), headers.get("x-pd-environment")]).toEqual(["1", "2", "production"]);
  });
});

describe("configuration", () => {
  test("comes from the environment", async () => {
    for (const [name, value] of Object.entries({ BASE_URL: "http://h/prefix/", CLIENT_ID: "a", CLIENT_SECRET: "b", PROJECT_ID: "proj_env", ENVIRONMENT: "development" })) vi.stubEnv(`PATCHBAY_${name}`, value);
    const server = fake(list([]));
    await new PatchbayClient({ fetch: server.fetch }).accounts.list();
    expect(server.asked[0]!.url).toBe("http://h/prefix/v1/connect/proj_env/accounts");
    expect(server.tokens[0]!.url).toBe("http://h/prefix/v1/oauth/token");
  });

  test.each<[string, ClientOptions, string]>([
    ["no address", { ...options, baseUrl: "" }, "baseUrl is missing"],
    ["a strange address", { ...options, baseUrl: "ftp://x" }, 'baseUrl is "ftp://x"'],
    ["no secret", { ...options, clientSecret: undefined }, "PATCHBAY_CLIENT_SECRET"],
    ["a strange environment", { ...options, environment: "staging" as never }, 'environment is "staging"'],
  ])("%s is refused", (_, given, said) => {
    for (const name of ["BASE_URL", "CLIENT_ID", "CLIENT_SECRET", "PROJECT_ID", "ENVIRONMENT", "TOKEN"]) vi.stubEnv(`PATCHBAY_${name}`, "");
    expect(() => new PatchbayClient(given)).toThrow(said);
  });

  test("the environment is production unless it is named, and a project is asked for when it is needed", async () => {
    vi.stubEnv("PATCHBAY_ENVIRONMENT", "");
    vi.stubEnv("PATCHBAY_PROJECT_ID", "");
    const server = fake(list([]));
    const c = client(server, { environment: undefined, projectId: undefined });
    await c.projects.list();
    expect(server.asked[0]!.headers.get("x-pd-environment")).toBe("production");
    await expect(c.accounts.list()).rejects.toThrow("projectId is missing");
  });
});

describe("tokens", () => {
  test("are fetched once for all who wait, and again before they end", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const server = fake(() => list([]));
    const c = client(server);
    await Promise.all([c.accounts.list(), c.users.list(), c.apps.list()]);
    expect(server.tokens.length).toBe(1);
    vi.advanceTimersByTime((3600 - 121) * 1000);
    expect(await c.rawAccessToken).toBe("t1");
    vi.advanceTimersByTime(2000);
    expect(await c.rawAccessToken).toBe("t2");
    server.lasting(100);
    vi.advanceTimersByTime(3600_000);
    await c.rawAccessToken;
    vi.advanceTimersByTime(51_000);
    expect(await c.rawAccessToken).toBe("t4");
  });

  test("that are refused are replaced once", async () => {
    const server = fake(wrong(401), list([]));
    await client(server).accounts.list();
    expect(server.asked.map((a) => a.headers.get("authorization"))).toEqual(["Bearer t1", "Bearer t2"]);
    const never = fake(wrong(401));
    await expect(client(never).accounts.list()).rejects.toBeInstanceOf(UnauthorizedError);
    expect(never.asked.length).toBe(2);
  });

  test("that cannot be had fail each call that waits, and the next call asks again", async () => {
    let down = true;
    const get = vi.fn(async (url: string | URL | Request) => (String(url).endsWith("/token") ? (down ? wrong(401, {}, "invalid_client") : Response.json({ access_token: "t", expires_in: 60 })) : list([])));
    const c = client({ fetch: get as unknown as typeof fetch });
    const said = await Promise.allSettled([c.accounts.list(), c.users.list()]);
    expect(said.map((s) => (s as PromiseRejectedResult).reason.code)).toEqual(["invalid_client", "invalid_client"]);
    expect(get).toHaveBeenCalledTimes(1);
    down = false;
    await c.accounts.list();
  });

  test("may be given instead", async () => {
    const server = fake(list([]));
    await client(server, { token: async () => "mine" }).accounts.list();
    expect([server.asked[0]!.headers.get("authorization"), server.tokens.length]).toEqual(["Bearer mine", 0]);
  });
});

describe("retries", () => {
  const soon = { "retry-after": "0" };
  test.each([408, 429, 500, 502, 503, 504])("%i is tried again, twice", async (status) => {
    const server = fake(wrong(status, soon), wrong(status, soon), list([]));
    await client(server).accounts.list();
    expect(server.asked.length).toBe(3);
    const down = fake(wrong(status, soon));
    await expect(client(down).accounts.list()).rejects.toMatchObject({ status });
    expect(down.asked.length).toBe(3);
  });

  test("no other status is, and none where none is wanted", async () => {
    for (const status of [400, 403, 404, 409, 413]) {
      const server = fake(wrong(status, soon));
      await expect(client(server).accounts.list()).rejects.toMatchObject({ status });
      expect(server.asked.length).toBe(1);
    }
    const server = fake(wrong(503, soon));
    await expect(client(server).accounts.list({}, { maxRetries: 0 })).rejects.toMatchObject({ status: 503 });
    expect(server.asked.length).toBe(1);
  });

  test("what would be done twice is not; a run is known by its key", async () => {
    const deploy = fake(wrong(500, soon));
    await expect(client(deploy).triggers.deploy({ id: "x", externalUserId: "ada" })).rejects.toBeInstanceOf(ServerError);
    expect(deploy.asked.length).toBe(1);
    const busy = fake(wrong(503, soon), Response.json({ data: {} }));
    await client(busy).triggers.deploy({ id: "x", externalUserId: "ada" });
    expect(busy.asked.length).toBe(2);
    const run = fake(wrong(500, soon), Response.json({ os: [] }));
    await client(run).actions.run({ id: "x", externalUserId: "ada" });
    expect(run.asked[0]!.headers.get("idempotency-key")).toBe(run.asked[1]!.headers.get("idempotency-key"));
  });

  test("wait a second and then two, or as long as they are told, and no longer than a minute", async () => {
    vi.useFakeTimers();
    vi.spyOn(Math, "random").mockReturnValue(0.5);
    const server = fake(wrong(500), wrong(500), list([]));
    const done = client(server).accounts.list();
    await vi.advanceTimersByTimeAsync(990);
    expect(server.asked.length).toBe(1);
    await vi.advanceTimersByTimeAsync(20);
    expect(server.asked.length).toBe(2);
    await vi.advanceTimersByTimeAsync(1970);
    expect(server.asked.length).toBe(2);
    await vi.advanceTimersByTimeAsync(30);
    await done;
    for (const headers of [() => ({ "retry-after": "30" }), () => ({ "retry-after": new Date(Date.now() + 30_000).toUTCString() }), () => ({ "x-ratelimit-reset": String(Date.now() / 1000 + 30) })]) {
      const told = fake(wrong(429, headers()), list([]));
      const waits = client(told).accounts.list();
      await vi.advanceTimersByTimeAsync(28_000);
      expect(told.asked.length).toBe(1);
      await vi.advanceTimersByTimeAsync(3_000);
      await waits;
    }
    await expect(client(fake(wrong(429, { "retry-after": "61" }))).accounts.list()).rejects.toMatchObject({ status: 429, retryAfter: 61 });
  });

  test("are given up with the signal", async () => {
    const stop = new AbortController();
    const done = client(fake(wrong(503))).accounts.list({}, { signal: stop.signal });
    setTimeout(() => stop.abort(), 20);
    await expect(done).rejects.toMatchObject({ name: "AbortError" });
  });
});

describe("errors", () => {
  test.each([[400, BadRequestError], [401, UnauthorizedError], [403, ForbiddenError], [404, NotFoundError], [409, ConflictError], [422, BadRequestError], [429, TooManyRequestsError], [500, ServerError], [418, PatchbayError]])("%i is of its class", async (status, kind) => {
    const error = await client(fake(wrong(status)), { maxRetries: 0 }).accounts.retrieve("apn_1").catch((e: unknown) => e);
    expect(error).toBeInstanceOf(kind);
    expect(error).toBeInstanceOf(PatchbayError);
    expect(error).toMatchObject({ name: kind.name, status, statusCode: status, code: "odd", message: "So it is.", requestId: "req_1" });
  });

  test("what is no error of ours, what is not JSON, and what leads elsewhere", async () => {
    await expect(client(fake(new Response("<html>", { status: 404 }))).accounts.list()).rejects.toMatchObject({ status: 404, code: "http_404", message: "The answer was 404.", body: "<html>" });
    await expect(client(fake(new Response("<html>"))).accounts.list()).rejects.toMatchObject({ status: 200, code: "not_json", body: "<html>" });
    await expect(client(fake(new Response(null, { status: 307, headers: { location: "https://x" } }))).triggers.deploy({ id: "x", externalUserId: "a" })).rejects.toMatchObject({ code: "redirected" });
  });

  test("a server that is away, or late", async () => {
    const away = fake(new TypeError("fetch failed"));
    const error = await client(away, { maxRetries: 0 }).accounts.list().catch((e: unknown) => e);
    expect(error).toBeInstanceOf(NetworkError);
    expect(error).toMatchObject({ status: 0, code: "network" });
    const silent = createServer(() => undefined).listen(0, "127.0.0.1");
    await new Promise((ok) => silent.once("listening", ok));
    const baseUrl = `http://127.0.0.1:${(silent.address() as { port: number }).port}`;
    const late = await new PatchbayClient({ ...options, baseUrl, token: "t", timeoutInSeconds: 0.05, maxRetries: 0 }).accounts.list().catch((e: unknown) => e);
    expect(late).toBeInstanceOf(RequestTimeoutError);
    const stop = AbortSignal.abort(new Error("enough"));
    await expect(new PatchbayClient({ ...options, baseUrl, token: "t" }).accounts.list({}, { signal: stop })).rejects.toThrow("enough");
    silent.closeAllConnections();
    silent.close();
  });
});

describe("pages", () => {
  const server = () => fake(list([{ id: "apn_1" }], "c1"), list([{ id: "apn_2" }], "c2"), list([{ id: "apn_3" }]));
  test("are gone through by for await, at once or after the first", async () => {
    const one = server(), ids: string[] = [];
    for await (const a of client(one).accounts.list({ app: "slack", before: "b" })) ids.push(a.id);
    expect(ids).toEqual(["apn_1", "apn_2", "apn_3"]);
    expect(one.asked.map((a) => a.url.split("?")[1])).toEqual(["app=slack&before=b", "app=slack&after=c1", "app=slack&after=c2"]);
    const first = await client(server()).accounts.list();
    expect([first.data.length, first.pageInfo.totalCount, first.hasNextPage()]).toEqual([1, 3, true]);
    const second = await first.getNextPage();
    expect([second!.data[0]!.id, await (await second!.getNextPage())!.getNextPage()]).toEqual(["apn_2", null]);
  });

  test("end where a server names the same place again", async () => {
    const ids: string[] = [];
    for await (const a of client(fake(() => list([{ id: "x" }], "same"))).accounts.list()) ids.push(a.id);
    expect(ids.length).toBe(2);
  });
});

describe("the proxy", () => {
  const call = { externalUserId: "ada", accountId: "apn_1", url: "/api/things?a=1#f" };
  test("carries the target, the app's headers and the body", async () => {
    const server = fake(Response.json({ some_key: 1 }));
    const said = await client(server).proxy.post({ ...call, params: { b: [1, true], c: undefined }, headers: { "X-Note": "kept", "Content-Type": "application/vnd.x+json" }, body: { a: 1 } });
    const { url, headers, body } = server.asked[0]!;
    const [target, query] = url.replace("https://connect.test/v1/connect/proj_1/proxy/", "").split("?");
    expect(Buffer.from(target!, "base64url").toString()).toBe("/api/things?a=1&b=1&b=true#f");
    expect(query).toBe("external_user_id=ada&account_id=apn_1");
    expect([headers.get("x-pd-proxy-x-note"), headers.get("content-type"), body, said]).toEqual(["kept", "application/vnd.x+json", { a: 1 }, { some_key: 1 }]);
  });

  test("hands on JSON, text, files, streams and nothing as what they are", async () => {
    const of = (answer: Response, headers?: Record<string, string>) => client(fake(answer)).proxy.get({ ...call, ...(headers && { headers }) });
    expect(await of(new Response("a,b", { headers: { "content-type": "text/csv" } }))).toBe("a,b");
    expect(await of(new Response(null, { status: 204 }))).toBeUndefined();
    const file = (await of(new Response(new Uint8Array([1, 2]), { headers: { "content-type": "image/png" } }))) as Binary;
    expect([file instanceof Binary, await file.bytes()]).toEqual([true, new Uint8Array([1, 2])]);
    expect(await of(Response.json({}), { Accept: "application/octet-stream" })).toBeInstanceOf(Binary);
    const streamed = await client(fake(new Response("text"))).proxy.stream("GET", call);
    expect(await new Response(streamed.body).text()).toBe("text");
  });

  test("hands a redirect on, and follows none: what is for an app goes to nobody else", async () => {
    const heard: (string | undefined)[] = [];
    const app = createServer((req, res) => {
      heard.push(req.headers["x-pd-proxy-x-secret"] as string | undefined);
      res.writeHead(302, { location: `http://127.0.0.1:${(app.address() as { port: number }).port}/elsewhere` }).end("there");
    }).listen(0, "127.0.0.1");
    await new Promise((ok) => app.once("listening", ok));
    const baseUrl = `http://127.0.0.1:${(app.address() as { port: number }).port}`;
    const answer = await new PatchbayClient({ ...options, baseUrl, token: "t" }).proxy.stream("GET", { ...call, headers: { "X-Secret": "s" } });
    expect([answer.status, await answer.text(), heard]).toEqual([302, "there", ["s"]]);
    app.closeAllConnections();
    app.close();
  });

  test("does not repeat what an app may have done", async () => {
    const server = fake(wrong(500, { "retry-after": "0" }));
    await expect(client(server).proxy.post({ ...call, body: {} })).rejects.toMatchObject({ status: 500 });
    expect(server.asked.length).toBe(1);
    const again = fake(wrong(502, { "retry-after": "0" }), Response.json(1));
    expect(await client(again).proxy.get(call)).toBe(1);
  });

  test("sends a stream, once", async () => {
    const server = fake(wrong(503, { "retry-after": "0" }));
    const body = new Blob(["x"]).stream();
    await expect(client(server).proxy.put({ ...call, body })).rejects.toMatchObject({ status: 503 });
    expect([server.asked.length, server.asked[0]!.body]).toEqual([1, body]);
  });
});

describe("workflows", () => {
  test("are invoked by id and by address, and nobody else is handed the token", async () => {
    const server = fake(() => Response.json({ ok: true }));
    const c = client(server, { workflowDomain: "wf.test" }), plain = client(server);
    const said = await c.workflows.invokeForExternalUser({ urlOrEndpoint: "enabc", externalUserId: "ada", body: { a: 1 } });
    await plain.workflows.invoke({ urlOrEndpoint: "enabc", method: "GET" });
    await c.workflows.invoke({ urlOrEndpoint: "https://eoabc.wf.test:8443/Some/Path?Q=1" });
    expect(said).toMatchObject({ status: 200, body: { ok: true } });
    expect(server.asked.map((a) => a.url)).toEqual(["https://enabc.wf.test", "https://connect.test/e/enabc", "https://eoabc.wf.test:8443/Some/Path?Q=1"]);
    expect(server.asked.map((a) => [a.headers.get("authorization"), a.headers.get("x-pd-external-user-id")])).toEqual([["Bearer t1", "ada"], [null, null], [null, null]]);
    await expect(c.workflows.invoke({ urlOrEndpoint: "https://evil.test/x" })).rejects.toThrow("evil.test is neither");
    await expect(plain.workflows.invoke({ urlOrEndpoint: "https://enabc.wf.test" })).rejects.toThrow("PATCHBAY_WORKFLOW_DOMAIN");
  });
});

test("files go up and come down as bytes", async () => {
  const server = fake(Response.json({ id: "file_1" }, { status: 201 }), new Response(new Uint8Array([7])));
  await client(server).fileStash.upload({ externalUserId: "ada", path: "a.txt" }, new Uint8Array([1]));
  expect([server.asked[0]!.url, server.asked[0]!.headers.get("content-type")]).toEqual(["https://connect.test/v1/connect/proj_1/file_stash/upload?external_user_id=ada&path=a.txt", "application/octet-stream"]);
  expect(await (await client(server).fileStash.downloadFile({ s3Key: "k" })).bytes()).toEqual(new Uint8Array([7]));
});

test("who gives up does not wait for a token, and the others get it", async () => {
  let give!: (token: string) => void;
  const c = client(fake(list([])), { token: () => new Promise((ok) => (give = ok)) });
  const stop = new AbortController();
  const one = c.accounts.list({}, { signal: stop.signal });
  stop.abort(new Error("enough"));
  await expect(one).rejects.toThrow("enough");
  const other = c.accounts.list();
  await vi.waitFor(() => give("t"));
  expect((await other).data).toEqual([]);
});

test("what breaks off is told", async () => {
  const broken = new ReadableStream({ start: (c) => c.error(new TypeError("terminated")) });
  await expect(client(fake(() => new Response(broken))).accounts.list()).rejects.toMatchObject({ name: "NetworkError", code: "network", status: 200 });
});

test("it has the methods that clients of Connect have", () => {
  const c = client(fake(list([]))) as unknown as Record<string, Record<string, unknown>>;
  const props = ["configureProp", "reloadProps"], crud = ["list", "create", "retrieve", "update", "delete"];
  for (const [group, methods] of Object.entries({
    oauthTokens: ["create"], tokens: ["create", "validate"], accounts: ["list", "create", "retrieve", "delete", "deleteByApp", "listByExternalUser"], users: ["list", "deleteExternalUser"],
    apps: ["list", "retrieve"], appCategories: ["list", "retrieve"], components: ["list", "retrieve", ...props], actions: ["list", "retrieve", ...props, "run"], triggers: ["list", "retrieve", ...props, "deploy"],
    deployedTriggers: ["list", "retrieve", "update", "delete", "listEvents", "listWorkflows", "updateWorkflows", "listWebhooks", "updateWebhooks", "retrieveWebhook", "regenerateWebhookSigningKey"],
    projectEnvironment: ["retrieveWebhook", "updateWebhook", "deleteWebhook", "regenerateWebhookSigningKey"], projects: [...crud, "updateLogo"], oauthApps: crud, appOverrides: crud,
    fileStash: ["downloadFile"], proxy: ["get", "post", "put", "patch", "delete"], usage: ["list"], workflows: ["invoke", "invokeForExternalUser"],
  })) for (const name of methods) expect(c[group]?.[name], `${group}.${name}`).toBeTypeOf("function");
});

test("a token can be asked for with another scope", async () => {
  const server = fake(Response.json({}));
  await client(server).oauthTokens.create({ clientId: "a", clientSecret: "b", scope: "connect:accounts:read" });
  expect(server.tokens[0]).toMatchObject({ method: "POST", body: { grant_type: "client_credentials", client_id: "a", client_secret: "b", scope: "connect:accounts:read" } });
  expect(server.tokens[0]!.headers.get("authorization")).toBeNull();
});

test("any operation can be called by its path", async () => {
  const server = fake(Response.json({ some_key: 1 }));
  expect(await client(server).request("POST", "/v1/projects/{project_id}/schedules/preview", { cron: "* * * * *" })).toEqual({ some_key: 1 });
  expect(server.asked[0]!).toMatchObject({ method: "POST", url: "https://connect.test/v1/projects/proj_1/schedules/preview", body: { cron: "* * * * *" } });
});
