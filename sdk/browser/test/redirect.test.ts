// @vitest-environment jsdom
import { afterEach, describe, expect, test, vi } from "vitest";
import { createFrontendClient } from "../src/index.js";

const page = "https://connect.test";
const client = () => createFrontendClient({ externalUserId: "ada", tokenCallback: async () => "ctok_1", host: page });

afterEach(() => sessionStorage.clear());

describe("by a redirect", () => {
  const go = (address: string) => history.replaceState(null, "", address);
  async function leave() {
    const assign = vi.fn();
    const { location: real } = window;
    vi.stubGlobal("location", { assign, get href() { return real.href; } });
    const c = client().open({ mode: "redirect", app: "slack" });
    await vi.waitFor(() => expect(assign).toHaveBeenCalled(), { timeout: 10_000 });
    vi.unstubAllGlobals();
    return { c, url: assign.mock.calls[0]![0] as URL };
  }

  test("the user goes, and comes back with the account", async () => {
    const { url } = await leave();
    const state = url.searchParams.get("state")!;
    expect(state).toMatch(/^[0-9a-f]{32}$/);
    expect(url.href).toBe(`${page}/_static/connect.html?token=ctok_1&app=slack&connectLink=true&state=${state}`);
    go(`/back?keep=1&account_id=apn_3&state=${state}#here`);
    expect(client().redirectResult()).toEqual({ id: "apn_3" });
    expect(window.location.pathname + window.location.search + window.location.hash).toBe("/back?keep=1#here");
    expect(client().redirectResult()).toBeNull();
    go(`/back?account_id=apn_3&state=${state}`);
    expect(() => client().redirectResult()).toThrow(expect.objectContaining({ code: "state" }));
  });

  test("what went wrong is thrown", async () => {
    const { url } = await leave();
    go(`/back?error=You+did+not+allow+it.&error_code=oauth_denied&state=${url.searchParams.get("state")}`);
    expect(() => client().redirectResult()).toThrow(expect.objectContaining({ name: "ConnectError", code: "oauth_denied", message: "You did not allow it." }));
  });

  test("an address that somebody made up is not believed", async () => {
    await leave();
    go("/back?account_id=apn_evil&state=00000000000000000000000000000000");
    expect(() => client().redirectResult()).toThrow(expect.objectContaining({ code: "state" }));
  });

  test.each([["/"], ["/?state=mine"], ["/?error=theirs"]])("%s is no such page, and stays as it is", (address) => {
    go(address);
    expect(client().redirectResult()).toBeNull();
    expect(window.location.pathname + window.location.search).toBe(address);
  });

  test("who goes back finds it closed", async () => {
    const { c } = await leave();
    window.dispatchEvent(new Event("pageshow"));
    await expect(c.result).rejects.toMatchObject({ code: "closed" });
  });
});
