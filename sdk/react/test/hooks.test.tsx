// @vitest-environment jsdom
import { act, render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { StrictMode, useState } from "react";
import { expect, test, vi } from "vitest";
import { ConnectButton, PatchbayProvider, useAccounts, useApps } from "../src/index.js";
import { account, page, say, world } from "./world.js";

function List({ app }: { app?: string }) {
  const { accounts, loading, error, hasMore, loadMore, reload, remove } = useAccounts({ app });
  return (
    <>
      <p>{loading ? "loading" : "ready"}{error && ` ${error.message}`}</p>
      <ul>{accounts.map((a) => <li key={a.id}>{a.id}<button onClick={() => void remove(a.id)}>Remove {a.id}</button></li>)}</ul>
      {hasMore && <button onClick={loadMore}>More</button>}
      <button onClick={reload}>Again</button>
    </>
  );
}
const items = () => screen.queryAllByRole("listitem").map((li) => li.firstChild?.textContent);

test("a list is loaded, page by page", async () => {
  const w = world({ "GET /accounts": ({ query }: { query: URLSearchParams }) => (query.get("after") ? page([account("b")]) : page([account("a")], "c1")) });
  w.show(<StrictMode><List app="slack" /></StrictMode>);
  expect(screen.getByText("loading")).toBeTruthy();
  await screen.findByText("ready");
  expect(items()).toEqual(["a"]);
  await userEvent.dblClick(screen.getByText("More"));
  await waitFor(() => expect(items()).toEqual(["a", "b"]));
  expect(screen.queryByText("More")).toBeNull();
  expect(w.asked.at(-1)!.query.get("app")).toBe("slack");
  expect(w.asked.filter((a) => a.query.has("after"))).toHaveLength(1);
});

test("another question drops the answer to the first, however late it comes", async () => {
  let first: (v: unknown) => void = () => {};
  const w = world({ "GET /accounts": ({ query }: { query: URLSearchParams }) => (query.get("app") === "slow" ? new Promise((ok) => { first = ok; }) : page([account("quick")])) });
  function Switch() {
    const [app, set] = useState("slow");
    return <><button onClick={() => set("quick")}>Switch</button><List app={app} /></>;
  }
  w.show(<Switch />);
  await waitFor(() => expect(w.asked).toHaveLength(1));
  await userEvent.click(screen.getByText("Switch"));
  await waitFor(() => expect(items()).toEqual(["quick"]));
  await act(async () => first(page([account("slow")])));
  expect(items()).toEqual(["quick"]);
  expect(screen.getByText("ready")).toBeTruthy(); // and nothing is said to have failed
});

test("what fails says so, keeps what was there, and can be asked again", async () => {
  const w = world({ "GET /accounts": page([account("a")]) });
  w.show(<List />);
  await waitFor(() => expect(items()).toEqual(["a"]));
  w.routes["GET /accounts"] = () => { throw new Error("It is broken."); };
  await userEvent.click(screen.getByText("Again"));
  await screen.findByText("ready It is broken.");
  expect(items()).toEqual(["a"]);
  w.routes["GET /accounts"] = page([account("b")]);
  await userEvent.click(screen.getByText("Again"));
  await waitFor(() => expect(items()).toEqual(["b"]));
  expect(screen.getByText("ready")).toBeTruthy();
});

test("an account that is removed is gone from every list", async () => {
  let there = [account("a"), account("b")];
  const w = world({ "GET /accounts": () => page(there), "DELETE /accounts/a": () => { there = [account("b")]; return null; } });
  w.show(<><List /><List app="x" /></>);
  await waitFor(() => expect(items()).toEqual(["a", "b", "a", "b"]));
  await userEvent.click(screen.getAllByText("Remove a")[0]!);
  await waitFor(() => expect(items()).toEqual(["b", "b"]));
});

test("apps are searched", async () => {
  const w = world({ "GET /apps": ({ query }: { query: URLSearchParams }) => page([{ name_slug: `found_${query.get("q")}` }]) });
  const Apps = () => <>{useApps({ q: "sla" }).apps.map((a) => <p key={a.nameSlug}>{a.nameSlug}</p>)}</>;
  w.show(<Apps />);
  await screen.findByText("found_sla");
});

test("the button connects; lists below the same provider load again", async () => {
  let there = [account("a")];
  const onSuccess = vi.fn(), onClose = vi.fn(), onClick = vi.fn();
  const w = world({ "GET /accounts": () => page(there) });
  w.show(<><List /><ConnectButton app="slack" oauthAppId="oa_1" className="mine" data-testid="button" onSuccess={onSuccess} onClose={onClose} onClick={onClick}>Connect Slack</ConnectButton></>);
  await waitFor(() => expect(items()).toEqual(["a"]));
  const button = screen.getByRole("button", { name: "Connect Slack" });
  expect([button.className, button.dataset.testid, (button as HTMLButtonElement).type]).toEqual(["mine", "button", "button"]);
  await userEvent.click(button);
  await waitFor(() => expect(document.querySelector("iframe")?.src).toContain("app=slack&oauthAppId=oa_1"));
  expect([button.getAttribute("aria-busy"), (button as HTMLButtonElement).disabled, onClick.mock.calls.length]).toEqual(["true", true, 1]);
  there = [account("a"), account("b")];
  act(() => say({ type: "success", authProvisionId: "b" }));
  await waitFor(() => expect(items()).toEqual(["a", "b"]));
  expect(onSuccess).toHaveBeenCalledWith({ id: "b" });
  act(() => say({ type: "close" }));
  expect((button as HTMLButtonElement).disabled).toBe(false);
  expect(onClose).toHaveBeenCalledWith({ successful: true, completed: true });
});

test("a click that was prevented opens nothing; what is open ends with its button", async () => {
  const w = world();
  const { unmount } = w.show(<><ConnectButton onClick={(e) => e.preventDefault()}>Not now</ConnectButton><ConnectButton>Now</ConnectButton></>);
  await userEvent.click(screen.getByText("Not now"));
  await userEvent.click(screen.getByText("Now"));
  await waitFor(() => expect(document.querySelectorAll("iframe")).toHaveLength(1));
  unmount();
  expect(document.querySelector("iframe")).toBeNull();
});

test("words are the provider's", () => {
  const { client } = world();
  render(<PatchbayProvider client={client} labels={{ connect: "Verbinden", reconnect: "Neu verbinden" }}><ConnectButton /><ConnectButton accountId="apn_1" /></PatchbayProvider>);
  expect(screen.getAllByRole("button").map((b) => b.textContent)).toEqual(["Verbinden", "Neu verbinden"]);
});

test("outside of the provider it says what is missing", () => {
  vi.spyOn(console, "error").mockReturnValue();
  expect(() => render(<ConnectButton />)).toThrow("<PatchbayProvider>");
});
