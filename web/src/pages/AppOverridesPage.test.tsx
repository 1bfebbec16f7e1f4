import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, it, vi } from "vitest";
import { fakeFetch, renderAt, type Sent } from "@/testing/render";
import { AppOverridesPage } from "./AppOverridesPage";

afterEach(() => vi.unstubAllGlobals());

const fields = [{ name: "subdomain", label: "Subdomain", type: "string" }, { name: "api_key", label: "API key", type: "password" }];
const zendesk = { id: "app_1", name_slug: "zendesk", name: "Zendesk", auth_type: "keys", description: "d", img_src: "", custom_fields_json: JSON.stringify(fields), categories: [], featured_weight: 1, scope_profiles: [] };
const override = { id: "ao_1", name: "Our Zendesk", app: zendesk, oauth_app_id: null, cfmap: { subdomain: "acme" }, created_at: "2026-05-01T12:00:00Z", updated_at: "2026-05-01T12:00:00Z" };
const list = (data: unknown[]) => ({ body: { data, page_info: { total_count: data.length, count: data.length, start_cursor: null, end_cursor: null } } });

async function show(overrides: unknown[], answer?: (s: Sent) => { status: number; body: unknown } | undefined) {
  const sent = fakeFetch((s) => {
    if (s.path.startsWith("/v1/connect/apps")) return list([zendesk]);
    if (s.method === "GET") return list(overrides);
    return answer?.(s) ?? { body: override };
  });
  await renderAt(<AppOverridesPage />, "/projects/proj_1/development/app-overrides");
  return { writes: () => sent.filter((s) => s.method !== "GET") };
}

async function fill(subdomain: string) {
  await userEvent.click((await screen.findAllByRole("button", { name: "Add an app override" }))[0]!);
  const dialog = within(await screen.findByRole("dialog", { name: "Add an app override" }));
  await userEvent.click(await dialog.findByRole("radio", { name: /Zendesk/ }));
  await userEvent.type(dialog.getByLabelText("Name"), "Our Zendesk");
  await userEvent.type(await dialog.findByLabelText("Subdomain"), subdomain);
  return dialog;
}

it("sets what users are then not asked for, and never a secret", async () => {
  const { writes } = await show([]);
  const dialog = await fill("acme");
  expect(dialog.queryByLabelText("API key")).toBeNull();
  await userEvent.click(dialog.getByRole("button", { name: "Add app override" }));
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  expect(writes()[0]).toMatchObject({ method: "POST", path: "/v1/connect/proj_1/app_overrides" });
  expect(JSON.parse(writes()[0]?.body ?? "")).toEqual({ app: "zendesk", name: "Our Zendesk", oauth_app_id: null, cfmap: { subdomain: "acme" } });
});

it("stays open with the API's sentence when it is refused", async () => {
  await show([], () => ({ status: 400, body: { error: "The subdomain has only letters, digits and hyphens.", code: "cfmap_invalid", details: {} } }));
  const dialog = await fill("a b");
  await userEvent.click(dialog.getByRole("button", { name: "Add app override" }));
  expect((await dialog.findByRole("alert")).textContent).toBe("The subdomain has only letters, digits and hyphens.");
  expect(dialog.getByLabelText<HTMLInputElement>("Subdomain").value).toBe("a b");
});

it("changes one, and deletes one after asking", async () => {
  const { writes } = await show([override]);
  await userEvent.click(await screen.findByRole("button", { name: /Edit Our Zendesk/ }));
  const field = await screen.findByLabelText<HTMLInputElement>("Subdomain");
  expect(field.value).toBe("acme");
  await userEvent.clear(field);
  await userEvent.click(screen.getByRole("button", { name: "Save" }));
  await waitFor(() => expect(writes()).toHaveLength(1));
  expect(writes()[0]).toMatchObject({ method: "PUT", path: "/v1/connect/proj_1/app_overrides/ao_1?unchanged_since=2026-05-01T12%3A00%3A00Z" });
  expect(JSON.parse(writes()[0]?.body ?? "").cfmap).toEqual({});
  await userEvent.click(await screen.findByRole("button", { name: /Delete Our Zendesk/ }));
  await userEvent.click(within(await screen.findByRole("alertdialog")).getByRole("button", { name: /Delete/ }));
  await waitFor(() => expect(writes()[1]).toMatchObject({ method: "DELETE", path: "/v1/connect/proj_1/app_overrides/ao_1" }));
});

it("shows both versions when somebody else has changed it meanwhile, and writes over theirs only when told to", async () => {
  const theirs = { ...override, cfmap: { subdomain: "theirs" }, updated_at: "2026-05-02T12:00:00Z" };
  let reads = 0;
  const sent = fakeFetch((s) => {
    if (s.path.startsWith("/v1/connect/apps")) return list([zendesk]);
    if (s.path.includes("audit_log")) return list([]);
    if (s.method === "GET" && s.path.endsWith("/ao_1")) return { body: theirs };
    if (s.method === "GET") return list([++reads > 1 ? theirs : override]);
    return s.path.includes("2026-05-01") ? { status: 409, body: { error: "It was changed meanwhile.", code: "changed_meanwhile", details: {} } } : { body: override };
  });
  await renderAt(<AppOverridesPage />, "/projects/proj_1/development/app-overrides");
  await userEvent.click(await screen.findByRole("button", { name: /Edit Our Zendesk/ }));
  const field = await screen.findByLabelText<HTMLInputElement>("Subdomain");
  await userEvent.clear(field);
  await userEvent.click(field);
  await userEvent.paste("mine");
  await userEvent.click(screen.getByRole("button", { name: "Save" }));
  expect((await screen.findAllByText(/theirs/)).length).toBeGreaterThan(0);
  expect(sent.filter((s) => s.method === "PUT")).toHaveLength(1);
  await userEvent.click(screen.getByRole("button", { name: /Keep mine/ }));
  await waitFor(() => expect(sent.filter((s) => s.method === "PUT").map((s) => s.path)).toContain("/v1/connect/proj_1/app_overrides/ao_1?unchanged_since=2026-05-02T12%3A00%3A00Z"));
});
