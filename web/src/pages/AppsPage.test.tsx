import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { fakeFetch, renderAt, type Sent } from "@/testing/render";
import { AppsPage } from "./AppsPage";

const app = (name: string) => ({ id: name, name_slug: name.toLowerCase(), name, auth_type: "oauth", description: "d", img_src: "", custom_fields_json: "[]", categories: ["crm"], featured_weight: 1, scope_profiles: [], connect: {} });
const at = "/projects/proj_1/development/apps";
let sent: Sent[];
const asked = () => sent.filter((s) => s.path.startsWith("/v1/connect/apps?")).map((s) => new URLSearchParams(s.path.split("?")[1]));

beforeEach(() => {
  sent = fakeFetch((s) => {
    if (s.path.includes("app_files")) return { body: { data: [{ slug: "acme", name: "Acme", version: 2, override: false, problems: false, author: "ada@example.com", created_at: "2026-11-21T00:00:00Z" }] } };
    if (s.path.includes("app_categories")) return { body: [{ id: "appcat_crm", name: "CRM", description: null }] };
    const q = new URLSearchParams(s.path.split("?")[1]);
    const second = q.get("after") === "c1";
    const data = q.get("q") === "nothing" ? [] : q.get("q") ? [app("Slack")] : second ? [app("Zoom")] : [app("Slack"), app("Acme")];
    return { body: { data, page_info: { total_count: q.get("q") ? data.length : 3, count: data.length, start_cursor: null, end_cursor: q.get("q") || second ? null : "c1" } } };
  });
});
afterEach(() => vi.unstubAllGlobals());

it("searches once the typing rests, and keeps the search in the address", async () => {
  const { router } = await renderAt(<AppsPage />, at);
  await screen.findByRole("link", { name: "Acme" });
  await userEvent.type(screen.getByLabelText("Search apps"), "slack");
  await waitFor(() => expect(router.state.location.search).toEqual({ q: "slack" }));
  await waitFor(() => expect(screen.queryByRole("link", { name: "Acme" })).toBeNull());
  expect(screen.getByText("1 app")).toBeTruthy();
  expect(asked().map((q) => q.get("q"))).toEqual([null, "slack"]);
  await userEvent.click(screen.getByRole("button", { name: "Clear" }));
  await screen.findByRole("link", { name: "Acme" });
  expect(router.state.location.search).toEqual({});
  expect(screen.getByLabelText<HTMLInputElement>("Search apps").value).toBe("");
});

it("begins with what the address says", async () => {
  await renderAt(<AppsPage />, `${at}?q=slack&category=appcat_crm&sort=name`);
  await screen.findByRole("link", { name: "Slack" });
  expect(screen.getByLabelText<HTMLInputElement>("Search apps").value).toBe("slack");
  expect(Object.fromEntries(asked()[0]!)).toEqual({ limit: "48", q: "slack", category_ids: "appcat_crm", sort_key: "name" });
});

it("leads to the app, and loads more by cursor", async () => {
  await renderAt(<AppsPage />, at);
  expect((await screen.findByRole("link", { name: "Slack" })).getAttribute("href")).toBe(`${at}/slack`);
  expect(screen.getByText("3 apps")).toBeTruthy();
  await userEvent.click(screen.getByRole("button", { name: "Load more" }));
  await screen.findByRole("link", { name: "Zoom" });
  expect(screen.getAllByRole("link").map((l) => l.textContent)).toEqual(["Add an app", "Slack", "Acme", "Zoom"]);
  expect(screen.queryByRole("button", { name: "Load more" })).toBeNull();
});

it("marks the workspace's own apps, and shows them alone", async () => {
  await renderAt(<AppsPage />, `${at}?of=yours`);
  expect(await screen.findByText("Yours")).toBeTruthy();
  expect(screen.getByRole("link", { name: "Acme" })).toBeTruthy();
  expect(screen.queryByRole("link", { name: "Slack" })).toBeNull();
  expect(screen.getByText("1 app")).toBeTruthy();
});

it("says that nothing matches, and the way out", async () => {
  await renderAt(<AppsPage />, `${at}?q=nothing`);
  await userEvent.click(await screen.findByRole("button", { name: "Clear them" }));
  await screen.findByRole("link", { name: "Slack" });
});
