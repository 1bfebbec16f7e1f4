import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, it, vi } from "vitest";
import { useSession } from "@/lib/hooks";
import { fakeFetch, renderAt } from "@/testing/render";
import { Command } from "./Command";

afterEach(() => vi.unstubAllGlobals());

const list = (data: unknown[]) => ({ body: { data, page_info: { total_count: data.length, count: data.length, start_cursor: null, end_cursor: null } } });

function Page() {
  return (
    <>
      <Command session={useSession()} projects={[{ id: "proj_2", name: "Bravo" } as never]} />
      <input aria-label="A field" />
    </>
  );
}

async function show() {
  const sent = fakeFetch((s) => {
    if (s.path.includes("/users?")) return list([{ id: "exu_1", external_id: "ada lovelace" }]);
    if (s.path.includes("/workflows")) return list([{ id: "p_1", name: "Adapt orders" }]);
    return list([]);
  });
  const view = await renderAt(<Page />);
  return { ...view, sent };
}
const field = () => screen.findByRole("combobox", { name: /Search pages/ });

it("is opened by the keyboard, moved through by arrows, and goes where Enter says", async () => {
  const { router } = await show();
  await userEvent.keyboard("{Control>}k{/Control}");
  const box = await field();
  expect(document.activeElement).toBe(box);
  await userEvent.type(box, "runs");
  const chosen = () => document.getElementById(box.getAttribute("aria-activedescendant") ?? "")?.textContent;
  expect(chosen()).toMatch(/^Runs/);
  await userEvent.keyboard("{ArrowDown}");
  expect(chosen()).toMatch(/^Action runs/);
  expect(screen.getAllByRole("option", { selected: true })).toHaveLength(1);
  await userEvent.keyboard("{Enter}");
  await waitFor(() => expect(router.state.location.pathname).toBe("/projects/proj_1/development/action-runs"));
  expect(screen.queryByRole("combobox")).toBeNull();
});

it("finds users and workflows, and asks the API once typing rests", async () => {
  const { sent } = await show();
  await userEvent.click(screen.getByRole("button", { name: "Search and commands" }));
  await userEvent.type(await field(), "ada");
  const users = await screen.findByRole("group", { name: "Users" });
  expect(within(users).getByRole("option", { name: /ada lovelace/ })).toBeTruthy();
  expect(within(screen.getByRole("group", { name: "Workflows" })).getByRole("option", { name: /Adapt orders/ })).toBeTruthy();
  expect(sent.filter((s) => s.path.includes("/users?")).length).toBeLessThan(3);
});

it("goes to a page by two letters, but not from a field and not when they are switched off", async () => {
  const { router } = await show();
  await userEvent.type(screen.getByLabelText("A field"), "gw");
  expect(router.state.location.pathname).toMatch(/accounts$/);
  (document.activeElement as HTMLElement).blur();
  localStorage.setItem("patchbay.keys", "off");
  await userEvent.keyboard("gw");
  expect(router.state.location.pathname).toMatch(/accounts$/);
  localStorage.removeItem("patchbay.keys");
  await userEvent.keyboard("gw");
  await waitFor(() => expect(router.state.location.pathname).toMatch(/workflows$/));
});

it("names its keys", async () => {
  await show();
  await userEvent.keyboard("?");
  const sheet = await screen.findByRole("dialog", { name: "Keyboard" });
  expect(within(sheet).getByText("Overview")).toBeTruthy();
  await userEvent.click(within(sheet).getByRole("switch", { name: "Keys of one letter" }));
  expect(localStorage.getItem("patchbay.keys")).toBe("off");
});
