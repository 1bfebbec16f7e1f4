// @vitest-environment jsdom
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ConnectError, createFrontendClient, type ClientOptions, type Connection } from "../src/index.js";

const page = "https://connect.test";
let open: Connection[] = [];

function client(options: Partial<ClientOptions> = {}) {
  let n = 0;
  const tokenCallback = vi.fn(async () => ({ token: `ctok_${++n}` }));
  const made = createFrontendClient({ externalUserId: "ada", tokenCallback, host: page, ...options });
  const keep = <A extends unknown[]>(fn: (...a: A) => Connection) => (...a: A) => {
    const c = fn(...a);
    open.push(c);
    return c;
  };
  return { ...made, open: keep(made.open), connectAccount: keep(made.connectAccount), tokenCallback };
}

const soon = (fn: () => void) => vi.waitFor(fn, { timeout: 10_000 }); // on a machine that has much to do
const iframe = () => document.querySelector("iframe")!;
const shown = () => soon(() => expect(iframe()).toBeTruthy());
/** What a window says to this one. */
const say = (data: unknown, { origin = page, source = iframe().contentWindow as Window | null } = {}) => window.dispatchEvent(new MessageEvent("message", { data, origin, source }));

/** All that a connection told, in order. */
function heard(c: Connection) {
  const told: unknown[] = [];
  c.addEventListener("success", (e) => told.push(["success", e.detail.id]));
  c.addEventListener("error", (e) => told.push(["error", e.detail.code, e.detail.message]));
  c.addEventListener("close", (e) => told.push(["close", e.detail]));
  return told;
}

function popup() {
  const w = { closed: false, close: vi.fn(() => { w.closed = true; }), location: { replace: vi.fn() } };
  vi.spyOn(window, "open").mockReturnValue(w as unknown as Window);
  return w;
}

beforeEach(() => { open = []; });
afterEach(() => {
  for (const c of open) c.close();
  expect(document.querySelectorAll("dialog,iframe")).toHaveLength(0);
  expect(document.documentElement.style.overflow).toBe("");
});

describe("over the page", () => {
  test("it shows the hosted page with all that was chosen", async () => {
    client().connectAccount({ app: "slack", oauthAppId: "oa_1", appOverrideId: "ao_1", accountId: "apn_1", hideClose: true, oauthScopeProfile: "read_only", locale: "de" });
    await shown();
    expect(iframe().src).toBe(`${page}/_static/connect.html?token=ctok_1&app=slack&oauthAppId=oa_1&appOverrideId=ao_1&accountId=apn_1&hideClose=true&oauthScopeProfile=read_only&locale=de`);
    expect(iframe().title).not.toBe("");
    expect(document.querySelector("dialog")!.open).toBe(true);
    expect(document.documentElement.style.overflow).toBe("hidden");
  });

  test("hideClose: false is left out, like all that was not given", async () => {
    client().connectAccount({ hideClose: false });
    await shown();
    expect(iframe().src).toBe(`${page}/_static/connect.html?token=ctok_1`);
  });

  test("the account is there as soon as it is connected; after the close all is gone", async () => {
    const onSuccess = vi.fn(), onClose = vi.fn(), onError = vi.fn();
    const c = client().connectAccount({ app: "slack", onSuccess, onClose, onError }), told = heard(c);
    await shown();
    say({ type: "success", authProvisionId: "apn_7" });
    expect(await c.result).toEqual({ id: "apn_7" });
    expect(iframe()).toBeTruthy();
    say({ type: "close" });
    expect(iframe()).toBeNull();
    say({ type: "close" }, { source: null });
    expect(told).toEqual([["success", "apn_7"], ["close", { successful: true, completed: true }]]);
    expect(onSuccess.mock.calls).toEqual([[{ id: "apn_7" }]]);
    expect(onClose.mock.calls).toEqual([[{ successful: true, completed: true }]]);
    expect(onError).not.toHaveBeenCalled();
  });

  test("an error leaves it open; the user may yet succeed", async () => {
    const c = client().connectAccount({ app: "slack" }), told = heard(c);
    await shown();
    say({ type: "error", error: "You did not allow it.", code: "oauth_denied" });
    say({ type: "error" });
    say({ type: "success", authProvisionId: "apn_7" });
    say({ type: "success", authProvisionId: "apn_7" });
    say({ type: "close" });
    expect(told).toEqual([["error", "oauth_denied", "You did not allow it."], ["error", "connect_failed", "The account could not be connected."], ["success", "apn_7"], ["close", { successful: true, completed: true }]]);
    expect(await c.result).toEqual({ id: "apn_7" });
  });

  test("closed after an error, the result is that error", async () => {
    const c = client().connectAccount({ app: "slack" }), told = heard(c);
    await shown();
    say({ type: "error", error: "You did not allow it.", code: "oauth_denied" });
    say({ type: "close" });
    await expect(c.result).rejects.toMatchObject({ name: "ConnectError", code: "oauth_denied" });
    expect(told.at(-1)).toEqual(["close", { successful: false, completed: true }]);
  });

  test("closed by the user, it says so", async () => {
    const c = client().connectAccount(), told = heard(c);
    await shown();
    say({ type: "close" });
    await expect(c.result).rejects.toBeInstanceOf(ConnectError);
    await expect(c.result).rejects.toMatchObject({ code: "closed" });
    expect(told).toEqual([["close", { successful: false, completed: false }]]);
  });

  test.each([["when the browser fills it with nothing", true, 3000], ["when it never loads", false, 30_000]])("a page that is not there is an error, and nothing stays: %s", async (_, loads, after) => {
    const c = client().connectAccount({ app: "slack" }), told = heard(c);
    vi.useFakeTimers();
    try {
      await vi.waitFor(() => expect(iframe()).toBeTruthy());
      if (loads) iframe().dispatchEvent(new Event("load"));
      else iframe().onload = null;
      await vi.advanceTimersByTimeAsync(after - 200);
      expect(told).toEqual([]);
      await vi.advanceTimersByTimeAsync(200);
    } finally {
      vi.useRealTimers();
    }
    expect(told).toEqual([["error", "page_not_shown", expect.stringContaining(location.origin)], ["close", { successful: false, completed: true }]]);
    await expect(c.result).rejects.toMatchObject({ code: "page_not_shown" });
  });

  test("a page that says something is there, however long the user takes", async () => {
    const c = client().connectAccount({ app: "slack" }), told = heard(c);
    vi.useFakeTimers();
    try {
      await vi.waitFor(() => expect(iframe()).toBeTruthy());
      say({ type: "ready" });
      iframe().dispatchEvent(new Event("load"));
      await vi.advanceTimersByTimeAsync(600_000);
    } finally {
      vi.useRealTimers();
    }
    expect(told).toEqual([]);
  });

  test.each([
    ["another origin", { type: "success", authProvisionId: "apn_evil" }, { origin: "https://evil.test" }],
    ["an origin that begins so", { type: "success", authProvisionId: "apn_evil" }, { origin: page + ".evil.test" }],
    ["no origin", { type: "success", authProvisionId: "apn_evil" }, { origin: "null" }],
    ["another window of the same origin", { type: "success", authProvisionId: "apn_evil" }, { source: window }],
    ["no window", { type: "close" }, { source: null }],
  ])("a message from %s is nothing", async (_, data, from) => {
    const told = heard(client().connectAccount());
    await shown();
    say(data, from);
    expect(told).toEqual([]);
    expect(iframe()).toBeTruthy();
  });

  test.each([[null], ["close"], [7], [[]], [{}], [{ type: "success" }], [{ type: "success", authProvisionId: 7 }], [{ type: "constructor" }], [undefined]])("%o of the page itself is nothing", async (data) => {
    const told = heard(client().connectAccount());
    await shown();
    say(data);
    expect(told).toEqual([]);
  });

  test("Escape leaves, unless there is to be no way out", async () => {
    const c = client(), first = heard(c.connectAccount());
    await shown();
    const cancel = new Event("cancel", { cancelable: true });
    document.querySelector("dialog")!.dispatchEvent(cancel);
    expect(cancel.defaultPrevented).toBe(true);
    expect(first).toEqual([["close", { successful: false, completed: false }]]);
    const second = heard(c.connectAccount({ hideClose: true }));
    await shown();
    document.querySelector("dialog")!.dispatchEvent(new Event("cancel", { cancelable: true }));
    expect(second).toEqual([]);
  });

  test("a second one closes the first", async () => {
    const c = client(), first = heard(c.connectAccount({ app: "a" }));
    await shown();
    c.connectAccount({ app: "b" });
    await shown();
    expect(first).toEqual([["close", { successful: false, completed: false }]]);
    expect(document.querySelectorAll("iframe")).toHaveLength(1);
    expect(iframe().src).toContain("app=b");
  });

  test("closed before there is a token, nothing is opened", async () => {
    const c = client().connectAccount();
    c.close();
    c.close();
    await new Promise((ok) => setTimeout(ok, 10));
    expect(iframe()).toBeNull();
    await expect(c.result).rejects.toMatchObject({ code: "closed" });
  });

  test("without a token it ends with what went wrong, and nothing is left", async () => {
    const c = client({ tokenCallback: async () => { throw new Error("sign in first"); } }).connectAccount(), told = heard(c);
    await expect(c.result).rejects.toMatchObject({ name: "ConnectError", code: "token_callback", message: "The tokenCallback failed: sign in first" });
    expect(told.map((t) => (t as string[])[0])).toEqual(["error", "close"]);
  });

  test("what a listener throws is the listener's", async () => {
    const c = client().connectAccount({ onSuccess: () => { throw new Error("mine"); } }), told = heard(c);
    vi.spyOn(console, "error").mockReturnValue(); // where jsdom reports it
    await shown();
    say({ type: "success", authProvisionId: "apn_7" });
    say({ type: "close" });
    expect(told).toHaveLength(2);
    expect(await c.result).toEqual({ id: "apn_7" });
  });
});

describe("tokens", () => {
  test("are used again until an account is connected or a try fails", async () => {
    const c = client();
    for (const [message, token] of [[{ type: "close" }, "ctok_1"], [{ type: "success", authProvisionId: "apn_1" }, "ctok_1"], [{ type: "error" }, "ctok_2"], [{ type: "close" }, "ctok_3"]] as const) {
      c.connectAccount();
      await shown();
      expect(new URL(iframe().src).searchParams.get("token")).toBe(token);
      say(message);
      open.pop()!.close();
    }
  });

  test("one that was brought along is taken instead", async () => {
    const c = client();
    c.connectAccount({ token: "ctok_mine" });
    await shown();
    expect(iframe().src).toContain("token=ctok_mine");
    expect(c.tokenCallback).not.toHaveBeenCalled();
  });

  test("say where the page is, unless the client does; only that place is heard", async () => {
    const tokenCallback = async () => ({ token: "t", connect_link_url: "https://own.test/sub/_static/connect.html?token=t&connectLink=true" });
    const told = heard(client({ tokenCallback }).connectAccount());
    await shown();
    expect(iframe().src).toBe("https://own.test/sub/_static/connect.html?token=t");
    say({ type: "success", authProvisionId: "apn_1" });
    expect(told).toEqual([]);
    say({ type: "success", authProvisionId: "apn_1" }, { origin: "https://own.test" });
    expect(told).toEqual([["success", "apn_1"]]);
    open.pop()!.close();
    client({ tokenCallback, frontendHost: "mine.test:8443", baseUrl: "http://api.test" }).connectAccount();
    await shown();
    expect(iframe().src).toBe("https://mine.test:8443/_static/connect.html?token=t");
  });
});

describe("in a window of its own", () => {
  test("it is opened within the click, and sent on when there is a token", async () => {
    const w = popup(), c = client().open({ mode: "popup", app: "slack" }), told = heard(c);
    expect(window.open).toHaveBeenCalledWith("about:blank", "patchbay-connect", expect.stringContaining("popup"));
    await soon(() => expect(w.location.replace).toHaveBeenCalled());
    expect(String(w.location.replace.mock.calls[0]![0])).toBe(`${page}/_static/connect.html?token=ctok_1&app=slack`);
    expect(iframe()).toBeNull();
    c.close();
    expect(w.close).toHaveBeenCalled();
    expect(told).toEqual([["close", { successful: false, completed: false }]]);
  });

  test("where the browser blocks it, the page is shown over this one", async () => {
    vi.spyOn(window, "open").mockReturnValue(null);
    client().open({ mode: "popup", app: "slack" });
    await shown();
    expect(iframe().src).toContain("app=slack");
  });

  test("without a token the window is closed again", async () => {
    const w = popup(), c = client({ tokenCallback: async () => { throw new Error("no"); } }).open({ mode: "popup" });
    await expect(c.result).rejects.toMatchObject({ code: "token_callback" });
    expect(w.closed).toBe(true);
  });

  const status = (...answers: unknown[]) => {
    const asked = vi.fn(async (_url: string, _init: RequestInit) => {
      const next = answers.length > 1 ? answers.shift() : answers[0];
      if (next instanceof Error) throw next;
      return new Response(JSON.stringify(next), { status: next ? 200 : 401 });
    });
    vi.stubGlobal("fetch", asked);
    return asked;
  };

  test("one that is gone from sight is asked about at the server", async () => {
    vi.spyOn(document, "hasFocus").mockReturnValue(false);
    const asked = status({ status: "open" }, { status: "testing" }, { status: "succeeded", account: { id: "apn_9" } });
    const w = popup(), c = client().open({ mode: "popup" }), told = heard(c);
    w.closed = true;
    expect(await c.result).toEqual({ id: "apn_9" });
    await soon(() => expect(told).toEqual([["success", "apn_9"], ["close", { successful: true, completed: true }]]));
    expect(asked.mock.calls[0]![0]).toBe(`${page}/connect/status`);
    expect(asked.mock.calls[0]![1].headers).toEqual({ Authorization: "Bearer ctok_1" });
  });

  test("what failed out of sight is told", async () => {
    status({ status: "failed", problem: { code: "oauth_denied", message: "You did not allow it.", request_id: "req_1" } });
    const w = popup(), c = client().open({ mode: "popup" });
    w.closed = true;
    await expect(c.result).rejects.toMatchObject({ code: "oauth_denied", requestId: "req_1", message: "You did not allow it." });
  });

  test.each([
    ["the user is back here", { status: "open" }],
    ["the server does not say", new Error("CORS")],
    ["the token is refused", null],
  ])("closed, and %s: it is over", async (_, answer) => {
    vi.spyOn(document, "hasFocus").mockReturnValue(true);
    status(answer);
    const w = popup(), c = client().open({ mode: "popup" });
    w.closed = true;
    await expect(c.result).rejects.toMatchObject({ code: "closed" });
  });
});
