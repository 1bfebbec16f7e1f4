import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, it, vi } from "vitest";
import { fakeFetch, renderAt } from "@/testing/render";
import { ComponentsPage } from "./ComponentsPage";

afterEach(() => vi.unstubAllGlobals());

const hints = { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: true, title: "" };
const all = [
  { key: "acme_crm-list-contacts", name: "List Contacts", version: "0.1.0", description: "Find contacts.", component_type: "action", configurable_props: [], annotations: { ...hints, readOnlyHint: true }, app: "acme_crm" },
  { key: "acme_crm-delete-contact", name: "Delete Contact", version: "0.1.0", description: "Delete one.", component_type: "action", configurable_props: [], annotations: { ...hints, destructiveHint: true }, app: "acme_crm" },
  { key: "acme_crm-new-contact", name: "New Contact", version: "0.1.0", description: "Hear of each.", component_type: "trigger", configurable_props: [], annotations: null, app: "acme_crm" },
];
const page = (data: object[]) => ({ data, page_info: { total_count: data.length, count: data.length, start_cursor: null, end_cursor: null } });

const server = () =>
  fakeFetch((s) => {
    if (s.path.includes("/connect/apps")) return { body: page([{ name_slug: "acme_crm", name: "Acme CRM", img_src: "" }]) };
    const query = new URL(s.path, "http://x").searchParams;
    return { body: page(all.filter((c) => (!query.get("q") || c.name.includes(query.get("q") ?? "")) && (!query.get("component_type") || c.component_type === query.get("component_type")))) };
  });
const show = (search = "") => renderAt(<ComponentsPage />, `/projects/proj_1/development/components${search}`, "/projects/$projectId/$environment/components");

it("lists what there is, and says what each does to the world", async () => {
  server();
  await show();
  expect((await screen.findByRole("link", { name: /List Contacts/ })).getAttribute("href")).toContain("/components/acme_crm-list-contacts");
  expect(screen.getByText("Reads only")).toBeTruthy();
  expect(screen.getByText("Destructive")).toBeTruthy();
  expect(screen.getByText("Listens")).toBeTruthy();
  expect(screen.getByText("3 found")).toBeTruthy();
});

it("filters by what the address says, and keeps what is typed there", async () => {
  const sent = server();
  const { router } = await show("?type=action&app=acme_crm");
  await screen.findByText("2 found");
  expect(sent.some((s) => s.path.includes("component_type=action") && s.path.includes("app=acme_crm"))).toBe(true);
  await userEvent.type(screen.getByRole("searchbox"), "Nothing like it");
  await screen.findByText("Nothing matches these filters.");
  expect(router.state.location.search).toMatchObject({ q: "Nothing like it", type: "action" });
  await userEvent.click(screen.getByRole("button", { name: "Clear them" }));
  await waitFor(() => expect(router.state.location.search).toEqual({}));
  await screen.findByText("3 found");
});
