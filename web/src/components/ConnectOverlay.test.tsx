import { act, screen, waitFor } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { fakeFetch, renderAt } from "@/testing/render";
import { ConnectOverlay } from "./ConnectOverlay";

const origin = "https://localhost:8081";
let accounts: { id: string; name: string }[];
beforeEach(() => {
  accounts = [{ id: "apn_old", name: "old" }];
  fakeFetch(() => ({ body: { data: accounts, page_info: { total_count: 1, count: 1, start_cursor: null, end_cursor: null } } }));
});
afterEach(() => vi.unstubAllGlobals());

async function open() {
  const close = vi.fn();
  await renderAt(<ConnectOverlay link={`${origin}/connect?token=ctok_1&connectLink=true`} app={{ name: "Slack", name_slug: "slack" }} externalUserId="u1" known={new Set(["apn_old"])} close={close} />);
  await screen.findByTitle("Connect Slack");
  return close;
}
const say = (from: string, data: unknown) => act(() => window.dispatchEvent(new MessageEvent("message", { origin: from, data })));

it("embeds the page without its stand-alone mode and offers a tab", async () => {
  await open();
  expect(screen.getByTitle("Connect Slack").getAttribute("src")).toBe(`${origin}/connect?token=ctok_1&app=slack`);
  const tab = screen.getByRole("link", { name: "Open in a new tab" });
  expect(tab.getAttribute("href")).toBe(`${origin}/connect?token=ctok_1&connectLink=true&app=slack`);
  expect(tab.getAttribute("rel")).toContain("noopener");
});

it("ignores what a foreign origin says", async () => {
  const close = await open();
  for (const from of ["https://evil.example", window.location.origin, "http://localhost:8081"]) {
    say(from, { type: "success", authProvisionId: "apn_evil" });
    say(from, { type: "close" });
  }
  expect(close).not.toHaveBeenCalled();
  expect(screen.queryByText("Account connected")).toBeNull();
});

it("believes the page itself", async () => {
  const close = await open();
  say(origin, { type: "success", authProvisionId: "apn_new" });
  expect(await screen.findByText("Account connected")).toBeTruthy();
  expect(close).not.toHaveBeenCalled();
  say(origin, { type: "close" });
  expect(close).toHaveBeenCalledTimes(1);
});

it("shows why the page could not connect", async () => {
  await open();
  say(origin, { type: "error", error: "The user denied access." });
  expect(await screen.findByText("The user denied access.")).toBeTruthy();
});

it("notices a new account without any message", async () => {
  await open();
  accounts = [{ id: "apn_new", name: "ada@example.com" }, ...accounts];
  await waitFor(() => expect(screen.getByText("Connected as ada@example.com")).toBeTruthy(), { timeout: 4_000 });
});
