import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { PatchbayError } from "../src/index.js";
import { fakeServer, fault, json, raw } from "./server.js";

let server: Awaited<ReturnType<typeof fakeServer>>;
beforeAll(async () => { server = await fakeServer(); });
afterAll(() => server.close());

const page = (data: unknown, end: unknown = null) => json({ data, page_info: { total_count: 3, count: 1, start_cursor: "a", end_cursor: end } });
const caught = async (p: Promise<unknown>) => p.then(() => { throw new Error("it did not fail"); }, (e: unknown) => e as PatchbayError);

describe("what is asked", () => {
  test("a list has the user, and only what was given", async () => {
    server.will(page([]));
    await server.client().accounts.list({ app: "a b&c", limit: 5, oauthAppId: undefined });
    expect(server.seen[0]?.url).toBe("/v1/connect/accounts?external_user_id=ada&app=a%20b%26c&limit=5");
    expect(server.seen[0]?.headers.authorization).toMatch(/^Bearer ctok_\d+$/);
    expect(server.seen[0]?.headers["x-pd-environment"]).toBeUndefined();
  });

  test("lists repeat their key, switches are words", async () => {
    server.will(page([]));
    await server.client().apps.list({ categoryIds: ["appcat_1", "appcat_2"], hasActions: false, sortKey: "name_slug" });
    expect(server.seen[0]?.url).toBe("/v1/connect/apps?category_ids=appcat_1&category_ids=appcat_2&has_actions=false&sort_key=name_slug");
  });

  test("ids are one segment of the path, whatever is in them", async () => {
    server.will(json({ data: { key: "x" } }));
    await server.client().components.get("~/my key", { version: "1.2.3" });
    expect(server.seen[0]?.url).toBe("/v1/connect/components/~%2Fmy%20key?version=1.2.3");
  });

  test("environment and further headers go along, and cannot replace the token", async () => {
    server.will(page([]));
    await server.client({ projectEnvironment: "development", headers: { "x-pd-rate-limit": "rl_1", Authorization: "Bearer mine" } }).apps.list();
    expect(server.seen[0]?.headers).toMatchObject({ "x-pd-environment": "development", "x-pd-rate-limit": "rl_1" });
    expect(server.seen[0]?.headers.authorization).toMatch(/^Bearer ctok_/);
  });

  test("a host with a path in front keeps it", async () => {
    server.will(page([]));
    await server.client({ host: "unused.test", baseUrl: server.url + "/prefix/" }).apps.list();
    expect(server.seen[0]?.url).toBe("/prefix/v1/connect/apps");
  });

  test("outer names become snake_case, settings stay as they are", async () => {
    server.will(json({ options: null }));
    const configuredProps = { someApp: { authProvisionId: "apn_1", extraKey: 1 }, sql: { value: "", query: "", params: [], usePreparedStatements: true, auth: { app: "pg" } }, nothing: null };
    await server.client().components.configure({ id: "k", propName: "channelId", configuredProps, dynamicPropsId: "dyp_1", page: 0, prevContext: { nextCursor: 2 }, query: "q" });
    expect(JSON.parse(server.seen[0]!.body)).toEqual({
      id: "k", prop_name: "channelId", configured_props: configuredProps, dynamic_props_id: "dyp_1", page: 0, prev_context: { nextCursor: 2 }, query: "q", external_user_id: "ada",
    });
    expect(server.seen[0]).toMatchObject({ method: "POST", url: "/v1/connect/components/configure", headers: { "content-type": "application/json" } });
  });

  test("each operation has its method and path", async () => {
    server.will(json({ data: {} }));
    const c = server.client();
    await c.accounts.get("apn_1");
    await c.accounts.delete("apn_1");
    await c.apps.get("slack");
    await c.components.reload({ id: "k" });
    await c.actions.run({ id: "k", stashId: "NEW", externalUserId: "other" });
    await c.triggers.deploy({ id: "k", webhookUrl: "https://a.test", emitOnDeploy: false });
    expect(server.seen.map((s) => `${s.method} ${s.url} ${s.body}`)).toEqual([
      "GET /v1/connect/accounts/apn_1 ",
      "DELETE /v1/connect/accounts/apn_1 ",
      "GET /v1/connect/apps/slack ",
      'POST /v1/connect/components/props {"id":"k","external_user_id":"ada"}',
      'POST /v1/connect/actions/run {"id":"k","stash_id":"NEW","external_user_id":"other"}',
      'POST /v1/connect/triggers/deploy {"id":"k","webhook_url":"https://a.test","emit_on_deploy":false,"external_user_id":"ada"}',
    ]);
  });
});

describe("what is answered", () => {
  test("names become camelCase and times Dates", async () => {
    server.will(json({ id: "apn_1", external_id: "ada", app: { name_slug: "s", img_src: "i", connect: { proxy_enabled: true } }, created_at: "2026-11-21T10:00:00.123456789Z", expires_at: null, authorized_scopes: ["read_all"] }));
    expect(await server.client().accounts.get("apn_1")).toEqual({
      id: "apn_1", externalId: "ada", app: { nameSlug: "s", imgSrc: "i", connect: { proxyEnabled: true } }, createdAt: new Date("2026-11-21T10:00:00.123Z"), expiresAt: null, authorizedScopes: ["read_all"],
    });
  });

  test("what is somebody else's stays as it is", async () => {
    const ret = { snake_case: { created_at: "2026-11-21" } }, exports = { $summary: "s", my_export: 1 }, os = [{ k: "error", ts: 1, err: { name: "n", the_field: 1 } }];
    server.will(json({ exports, os, ret, stash_id: "st" }));
    expect(await server.client().actions.run({ id: "k" })).toEqual({ exports, os, ret, stashId: "st" });

    const props = [{ name: "a_b", type: "string", remoteOptions: true, default: { keep_me: 1 }, options: [{ __lv: { label: "L", value: "v_1" } }] }];
    server.will(json({ data: { key: "k", component_type: "action", configurable_props: props } }));
    expect(await server.client().components.get("k")).toEqual({ key: "k", componentType: "action", configurableProps: props });

    server.will(json({ observations: [], errors: [], dynamicProps: { id: "dyp_1", configurableProps: props } }));
    expect((await server.client().components.reload({ id: "k" })).dynamicProps?.configurableProps).toEqual(props);

    server.will(json({ stringOptions: ["a_b"], options: [{ label: "x", value: { deep_key: 1 } }], context: { next_cursor: 1 } }));
    expect(await server.client().components.configure({ id: "k", propName: "p" })).toEqual({ stringOptions: ["a_b"], options: [{ label: "x", value: { deep_key: 1 } }], context: { next_cursor: 1 } });

    server.will(json({ data: { id: "hi_1", type: "HttpInterface", created_at: 1764000000000, configured_props: { a_b: 1 } } }));
    expect(await server.client().triggers.deploy({ id: "k" })).toEqual({ id: "hi_1", type: "HttpInterface", createdAt: 1764000000000, configuredProps: { a_b: 1 } });
  });

  test("204 is nothing", async () => {
    server.will(raw("", undefined, 204));
    expect(await server.client().accounts.delete("apn_1")).toBeUndefined();
  });

  test.each([
    ["an HTML page with status 200", raw("<!doctype html><p>Welcome", "text/html"), "not_json"],
    ["JSON that breaks off", raw('{"data": [', "application/json"), "not_json"],
  ])("%s is an error", async (_, answer, code) => {
    server.will(answer);
    expect(await caught(server.client().apps.list())).toMatchObject({ code, status: 200 });
  });
});

describe("lists", () => {
  test("go on to the end, with the same question", async () => {
    server.will(page([{ id: 1 }], "c 1"), page([{ id: 2 }], "c2"), page([{ id: 3 }]));
    const ids = [];
    for await (const a of await server.client().accounts.list({ app: "slack", before: "z" })) ids.push(a.id);
    expect(ids).toEqual([1, 2, 3]);
    expect(server.seen[1]?.url).toBe("/v1/connect/accounts?external_user_id=ada&app=slack&after=c%201");
  });

  test("know whether there is more", async () => {
    server.will(page([{ id: 1 }], "c1"), page([{ id: 2 }]));
    const first = await server.client().accounts.list();
    expect([first.hasNextPage(), first.pageInfo.totalCount]).toEqual([true, 3]);
    const second = await first.getNextPage();
    expect([second?.data.length, second?.hasNextPage(), await second?.getNextPage()]).toEqual([1, false, null]);
  });

  test.each([
    ["the same cursor for ever", page([{ id: 1 }], "c1"), 2],
    ["an empty cursor", page([{ id: 1 }], ""), 1],
    ["no page_info", json({ data: [{ id: 1 }] }), 1],
    ["null for data", page(null), 0],
    ["nothing", raw("", "application/json"), 0],
  ])("end although a server gives %s", async (_, answer, n) => {
    server.will(answer);
    const all = [];
    for await (const one of await server.client().accounts.list()) all.push(one);
    expect(all).toHaveLength(n);
  });
});

describe("errors", () => {
  test("have status, code, request id and what was answered", async () => {
    server.will(fault(403, "origin_not_allowed"));
    const e = await caught(server.client().accounts.list());
    expect(e).toBeInstanceOf(PatchbayError);
    expect(e).toMatchObject({ message: "It is origin_not_allowed.", status: 403, code: "origin_not_allowed", requestId: "req_1", body: { code: "origin_not_allowed" } });
  });

  test.each([
    ["text", raw("Bad Gateway", "text/plain", 418), { code: "http_418", body: "Bad Gateway", message: "The answer was 418." }],
    ["null", json(null, 400), { code: "http_400", body: null, requestId: "req_header" }],
    ["other JSON", json({ error: { deep: 1 }, code: 7 }, 400), { code: "http_400", message: "The answer was 400." }],
    ["JSON that is none", raw("{", "application/json", 400), { code: "http_400", body: "{" }],
    ["nothing", raw("", undefined, 404), { code: "http_404" }],
  ])("whose body is %s still are errors", async (_, answer, want) => {
    server.will(answer);
    expect(await caught(server.client().accounts.get("apn_1"))).toMatchObject(want);
  });

  test("a server that hangs up is tried again for GET alone", async () => {
    server.will((_, res) => res.destroy(), page([]));
    await server.client().apps.list();
    expect(server.seen).toHaveLength(2);
    server.will((_, res) => res.destroy(), json({}));
    expect(await caught(server.client().actions.run({ id: "k" }))).toMatchObject({ code: "network", status: 0 });
    expect(server.seen).toHaveLength(1);
  });

  test("503 and 429 are waited for with GET, and passed on with POST", async () => {
    server.will(fault(429, "too_many_requests", { "Retry-After": "0" }), fault(503, "unavailable", { "Retry-After": "0" }), page([]));
    await server.client().apps.list();
    expect(server.seen).toHaveLength(3);
    for (const status of [429, 500, 503]) {
      server.will(fault(status, "later", { "Retry-After": "7" }), json({}));
      expect(await caught(server.client().actions.run({ id: "k" }))).toMatchObject({ status, retryAfter: 7 });
      expect(server.seen).toHaveLength(1);
    }
  });

  test("a long wait is the caller's to decide, and three tries are enough", async () => {
    server.will(fault(429, "too_many_requests", { "Retry-After": "60" }));
    expect(await caught(server.client().apps.list())).toMatchObject({ retryAfter: 60 });
    expect(server.seen).toHaveLength(1);
    server.will(fault(503, "unavailable", { "Retry-After": "0" }));
    await caught(server.client().apps.list());
    expect(server.seen).toHaveLength(3);
  });

  test("a server that says nothing is given up in time", async () => {
    server.will(() => {});
    expect(await caught(server.client({ timeout: 30 }).actions.run({ id: "k" }))).toMatchObject({ code: "timeout" });
  });

  test("a call that is aborted says so, and is not tried again", async () => {
    server.will(() => {});
    const stop = new AbortController();
    const call = server.client().apps.list({}, { signal: stop.signal });
    setTimeout(() => stop.abort(), 20);
    expect((await caught(call)).name).toBe("AbortError");
    expect((await caught(server.client().apps.list({}, { signal: AbortSignal.abort() }))).name).toBe("AbortError");
    expect(server.seen).toHaveLength(1);
  });

  test("a POST that was redirected was not done", async () => {
    server.will(raw("", undefined, 301, { Location: "/elsewhere" }), json({}));
    expect(await caught(server.client().actions.run({ id: "k" }))).toMatchObject({ code: "redirected" });
  });
});

describe("tokens", () => {
  test("one that is refused is replaced once, for POST too", async () => {
    server.will(fault(401, "connect_token_expired"), json({ ret: 1 }));
    expect(await server.client().actions.run({ id: "k" })).toEqual({ ret: 1 });
    expect(server.seen[0]?.headers.authorization).not.toBe(server.seen[1]?.headers.authorization);
    server.will(fault(401, "connect_token_invalid"));
    expect(await caught(server.client().actions.run({ id: "k" }))).toMatchObject({ status: 401 });
    expect(server.seen).toHaveLength(2);
  });

  test("an app's own 401 is not about ours", async () => {
    server.will(json({ error: "bad_auth" }, 401));
    expect(await caught(server.client().proxy.get({ accountId: "apn_1", url: "/x" }))).toMatchObject({ status: 401, body: { error: "bad_auth" } });
    expect(server.seen).toHaveLength(1);
  });
});

describe("the proxy", () => {
  const target = () => Buffer.from(server.seen[0]!.url.match(/proxy\/([\w-]+)\?/)![1]!, "base64url").toString();

  test("carries any address, with its parameters in the right place", async () => {
    server.will(json([]));
    const c = server.client();
    await c.proxy.get({ accountId: "apn_1", url: "https://slack.test/ü?a=>>>#frag", params: { limit: 2, "o[k]": "v", many: ["x", "y"], none: undefined } });
    expect(target()).toBe("https://slack.test/ü?a=>>>&limit=2&o%5Bk%5D=v&many=x&many=y#frag");
    expect(server.seen[0]?.url).toMatch(/^\/v1\/connect\/proxy\/[\w-]+\?external_user_id=ada&account_id=apn_1$/);
    server.will(json([]));
    await c.proxy.get({ accountId: "apn_1", url: "/conversations.list", params: { someParam: true }, externalUserId: "bob" });
    expect(target()).toBe("/conversations.list?someParam=true");
    expect(server.seen[0]?.url).toContain("external_user_id=bob");
  });

  test("marks headers for the app", async () => {
    server.will(json({}));
    await server.client().proxy.post({ accountId: "apn_1", url: "/x", headers: { "X-Custom": "v", Accept: "text/csv", "content-type": "application/vnd.x+json" }, body: { a_b: 1 } });
    expect(server.seen[0]).toMatchObject({ body: '{"a_b":1}', headers: { "x-pd-proxy-x-custom": "v", "x-pd-proxy-accept": "text/csv", "content-type": "application/vnd.x+json" } });
  });

  test.each([
    ["an object", { a: 1 }, '{"a":1}', "application/json"],
    ["a list", [1], "[1]", "application/json"],
    ["null", null, "null", "application/json"],
    ["text", "a=b", "a=b", "text/plain;charset=UTF-8"],
    ["a form", new URLSearchParams({ a: "b c" }), "a=b+c", "application/x-www-form-urlencoded;charset=UTF-8"],
    ["bytes", new TextEncoder().encode("xyz"), "xyz", undefined],
  ])("sends %s", async (_, body, sent, type) => {
    server.will(json({}));
    await server.client().proxy.put({ accountId: "apn_1", url: "/x", body });
    expect(server.seen[0]).toMatchObject({ method: "PUT", body: sent });
    expect(server.seen[0]?.headers["content-type"]).toBe(type);
  });

  test("gives back what came: names untouched, text, bytes, nothing", async () => {
    const c = server.client(), call = { accountId: "apn_1", url: "/x" };
    server.will(json({ next_cursor: { created_at: "2026" } }));
    expect(await c.proxy.get(call)).toEqual({ next_cursor: { created_at: "2026" } });
    server.will(raw("a;b", "text/csv"));
    expect(await c.proxy.get(call)).toBe("a;b");
    server.will(raw(new Uint8Array([1, 2, 255]), "image/png"));
    expect(new Uint8Array(await (await c.proxy.get<Blob>(call)).arrayBuffer())).toEqual(new Uint8Array([1, 2, 255]));
    server.will(raw("", undefined, 204));
    expect(await c.proxy.delete(call)).toBeUndefined();
    server.will(raw("", "application/json"));
    expect(await c.proxy.patch(call)).toBeUndefined();
  });
});
