import { describe, expect, it, vi } from "vitest";
import type { Page } from "./contract.ts";
import { fixture } from "./preview/states.ts";
import { errorURL, hearers, opener, successURL, tellOutside } from "./outside.ts";

const page = (more: Partial<Page>): Page => ({ ...fixture<Page>("page-redirects"), ...more });
const around = (referrer = "", postMessage = vi.fn()) => {
  const w = { location: { origin: "https://connect.example", ancestorOrigins: undefined }, document: { referrer }, opener: null as unknown, parent: {} as unknown };
  w.parent = { postMessage };
  return { w: w as unknown as Window, postMessage };
};

describe("messages", () => {
  it("go to each declared origin, to our own, and nowhere else", () => {
    const { w, postMessage } = around("https://evil.example/");
    tellOutside(page({ link: false, origins: ["https://a.example", "https://b.example"] }), { type: "close" }, w);
    expect(postMessage.mock.calls.map((c) => c[1] as string).sort()).toEqual(["https://a.example", "https://b.example", "https://connect.example"]);
  });
  it("go to a developer's own machine in development only", () => {
    const { w } = around("http://localhost:3000/x");
    expect(hearers(page({ development: true, origins: [] }), w)).toContain("http://localhost:3000");
    expect(hearers(page({ development: false, origins: [] }), w)).toEqual(["https://connect.example"]);
    expect(hearers(page({ development: true, origins: [] }), around("https://localhost.evil.example/").w)).toEqual(["https://connect.example"]);
  });
  it("of a token that nobody knows go to whoever opened the page; of one that is known they do not", () => {
    const problem = { code: "connect_token_invalid", cause: "expired" as const, message: "It is invalid.", request_id: "r", retry: false };
    expect(hearers(page({ origins: [], problem }), around("https://shop.example/cart?x=1").w)).toEqual(["https://connect.example", "https://shop.example"]);
    expect(hearers(page({ origins: [], problem: { ...problem, code: "token_expired" } }), around("https://shop.example/").w)).toEqual(["https://connect.example"]);
    expect(hearers(page({ origins: [], problem }), around("").w)).toEqual(["https://connect.example"]);
  });
  it("go to the opener of a popup, and to nobody from a link", () => {
    const { w } = around(), popup = Object.assign(w, { parent: w, opener: { name: "opener" } });
    expect(opener(page({ link: false }), popup)).toEqual({ name: "opener" });
    expect(opener(page({ link: true }), popup)).toBeNull();
  });
});

describe("redirects", () => {
  it("keep what the address had, and bring the account and the state", () => {
    expect(successURL(page({}), "apn_1")).toBe("https://app.northwind.example/connected?x=1&account_id=apn_1&state=s-1");
  });
  it("may lead to an app, and say what went wrong", () => {
    const to = new URL(errorURL(page({}), { code: "oauth_denied", message: "It was not allowed." })!);
    expect([to.protocol, to.searchParams.get("error"), to.searchParams.get("error_code"), to.searchParams.get("state")]).toEqual(["northwind:", "It was not allowed.", "oauth_denied", "s-1"]);
  });
  it("are for pages of their own only", () => expect(successURL(page({ link: false }), "apn_1")).toBeNull());
});
