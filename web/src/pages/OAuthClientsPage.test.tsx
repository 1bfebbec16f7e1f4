import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, it, vi } from "vitest";
import { fakeFetch, renderAt, type Sent } from "@/testing/render";
import { OAuthClientsPage } from "./OAuthClientsPage";

afterEach(() => vi.unstubAllGlobals());

const app = (name: string, auth_type: string) => ({ id: name, name_slug: name.toLowerCase(), name, auth_type, description: "d", img_src: "", custom_fields_json: "[]", categories: [], featured_weight: 1, scope_profiles: [] });
const redirect = "https://localhost:8081/connect/oauth/oa_1/callback";
const client = { ...app("Slack", "oauth"), id: "oa_1", client_id: "abc", auth: "oauth", fields: [], scopes: ["chat:write"], additional_scopes: [], secret: { set_at: "2026-05-01T12:00:00Z", last_used_at: null, in_use: null, previous: null }, suspended_at: null, suspended_code: null, redirect_uri: redirect, setup: `# Slack\n\n1. Open **OAuth**.\n\n   \`${redirect}\``, owner_id: "proj_1", created_at: "2026-05-01T12:00:00Z", updated_at: "2026-05-01T12:00:00Z" };
const list = (data: unknown[]) => ({ body: { data, page_info: { total_count: data.length, count: data.length, start_cursor: null, end_cursor: null } } });

/** A server with these clients; `refuse` answers whatever changes something. */
async function show(clients: unknown[], refuse?: (s: Sent) => { status: number; body: unknown } | undefined) {
  const sent = fakeFetch((s) => {
    if (s.path.startsWith("/v1/connect/apps")) return list([app("Slack", "oauth"), app("Hunter", "keys")]);
    if (s.method === "GET") return list(clients);
    return refuse?.(s) ?? { body: client };
  });
  await renderAt(<OAuthClientsPage />, "/projects/proj_1/development/oauth-clients");
  return { writes: () => sent.filter((s) => s.method !== "GET") };
}

async function fill() {
  await userEvent.click((await screen.findAllByRole("button", { name: "Add an OAuth client" }))[0]!);
  const dialog = within(await screen.findByRole("dialog"));
  await userEvent.click(await dialog.findByRole("radio", { name: "Slack" }));
  await userEvent.type(dialog.getByLabelText("Client id"), " abc ");
  await userEvent.type(dialog.getByLabelText("Client secret"), "s3cret");
  await userEvent.type(dialog.getByLabelText("Scopes (optional)"), "chat:write{Enter}users:read");
  await userEvent.click(dialog.getByRole("button", { name: "Add OAuth client" }));
  return dialog;
}

it("adds a client and then shows what to register, with the guide", async () => {
  const { writes } = await show([]);
  expect(await screen.findByText("No OAuth clients yet")).toBeTruthy();
  await fill();
  const guide = within(await screen.findByRole("dialog", { name: "Now register the redirect URI" }));
  expect(guide.getAllByText(redirect).length).toBeGreaterThan(0);
  expect(guide.getByRole("button", { name: "Copy redirect URI" })).toBeTruthy();
  expect(guide.getByRole("heading", { name: "Slack" })).toBeTruthy();
  expect(guide.getByText("OAuth").tagName).toBe("STRONG");
  expect(writes()[0]?.path).toBe("/v1/connect/proj_1/oauth_apps");
  expect(JSON.parse(writes()[0]?.body ?? "")).toEqual({ app: "slack", name: "", client_id: "abc", client_secret: "s3cret", scopes: ["chat:write", "users:read"] });
  expect(writes()[0]?.headers.get("x-pd-environment")).toBeNull();
});

it("stays open with the API's sentence when the client is refused", async () => {
  await show([], () => ({ status: 400, body: { error: "This app is not connected by OAuth, so it takes no client.", code: "not_oauth", details: { request_id: "req_5" } } }));
  const dialog = await fill();
  expect((await dialog.findByRole("alert")).textContent).toBe("This app is not connected by OAuth, so it takes no client. (request req_5)");
  const secret = dialog.getByLabelText<HTMLInputElement>("Client secret");
  expect([secret.type, secret.value]).toEqual(["password", "s3cret"]);
});

it("offers only apps with OAuth", async () => {
  await show([]);
  await userEvent.click((await screen.findAllByRole("button", { name: "Add an OAuth client" }))[0]!);
  await screen.findByRole("radio", { name: "Slack" });
  expect(screen.queryByRole("radio", { name: /Hunter/ })).toBeNull();
});

it("keeps the secret when it is left empty", async () => {
  const { writes } = await show([client]);
  await userEvent.click(await screen.findByRole("button", { name: "Edit Slack (abc)" }));
  const id = await screen.findByLabelText("Client id");
  await userEvent.clear(id);
  await userEvent.type(id, "def");
  await userEvent.click(screen.getByRole("button", { name: "Save" }));
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  expect(writes()[0]).toMatchObject({ method: "PUT", path: "/v1/connect/proj_1/oauth_apps/oa_1?unchanged_since=2026-05-01T12%3A00%3A00Z" });
  expect(JSON.parse(writes()[0]?.body ?? "")).toEqual({ client_id: "def" }); // what was not touched stays as it is
});

it("empties the scopes", async () => {
  const { writes } = await show([client]);
  await userEvent.click(await screen.findByRole("button", { name: "Edit Slack (abc)" }));
  await userEvent.clear(await screen.findByLabelText("Scopes (optional)"));
  await userEvent.click(screen.getByRole("button", { name: "Save" }));
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  expect(JSON.parse(writes()[0]?.body ?? "")).toMatchObject({ scopes: [] });
});

it("asks how long the old secret stays, and ends it early", async () => {
  const rotating = { ...client, secret: { ...client.secret, in_use: "previous", previous: { expires_at: "2026-05-02T12:00:00Z", last_used_at: null } } };
  const { writes } = await show([rotating]);
  expect(await screen.findByText("Being replaced")).toBeTruthy();
  await userEvent.click(screen.getByRole("button", { name: "Edit Slack (abc)" }));
  await userEvent.type(await screen.findByLabelText("Client secret"), "newer");
  expect(screen.getByRole("combobox", { name: "Keep the old secret" })).toBeTruthy();
  await userEvent.click(screen.getByRole("button", { name: "Save" }));
  await waitFor(() => expect(writes()).toHaveLength(1));
  expect(JSON.parse(writes()[0]?.body ?? "")).toMatchObject({ client_secret: "newer", previous_secret_expires_in: 86400 });
  await userEvent.click(await screen.findByRole("button", { name: "Edit Slack (abc)" }));
  await userEvent.click(await screen.findByRole("button", { name: "Destroy the old secret now" }));
  await userEvent.click(await screen.findByRole("button", { name: "Destroy old secret" }));
  await waitFor(() => expect(writes()[1]).toMatchObject({ method: "DELETE", path: "/v1/connect/proj_1/oauth_apps/oa_1/previous_secret" }));
});

it("tests a client, and says which part the provider refused", async () => {
  const checks = [
    { check: "authorize", verdict: "wrong_redirect_uri", status: 400, code: "redirect_uri_mismatch", message: "Register it there." },
    { check: "secret", verdict: "ok", status: 400, code: "invalid_grant", message: "The provider takes the client id and the secret." },
  ];
  await show([client], () => ({ status: 200, body: { redirect_uri: redirect, checks } }));
  await userEvent.click(await screen.findByRole("button", { name: "Test Slack (abc)" }));
  await userEvent.click(await screen.findByRole("button", { name: "Test this client" }));
  const found = within(await screen.findByRole("status", { name: "What the provider said" }));
  expect(found.getByText("Wrong redirect URI")).toBeTruthy();
  expect(found.getByText("Accepted")).toBeTruthy();
  expect(found.getByText("The provider answered 400 redirect_uri_mismatch")).toBeTruthy();
});

it("says why a client in use is not deleted", async () => {
  await show([client], (s) => (s.method === "DELETE" ? { status: 400, body: { error: "Accounts were made with this OAuth client. Delete them first.", code: "oauth_app_in_use", details: {} } } : undefined));
  await userEvent.click(await screen.findByRole("button", { name: "Delete Slack (abc)" }));
  await userEvent.click(await screen.findByRole("button", { name: "Delete OAuth client" }));
  expect((await screen.findByRole("alert")).textContent).toBe("Accounts were made with this OAuth client. Delete them first.");
  expect(screen.getByRole("alertdialog")).toBeTruthy();
});

it("says when a provider does not accept a client, and what to do", async () => {
  await show([{ ...client, suspended_at: "2026-05-02T12:00:00Z", suspended_code: "invalid_client" }]);
  expect(await screen.findByText("Suspended")).toBeTruthy();
  await userEvent.click(screen.getByRole("button", { name: "Edit Slack (abc)" }));
  const dialog = within(await screen.findByRole("dialog", { name: "Edit OAuth client" }));
  expect(dialog.getByText(/The provider stopped accepting Slack/)).toBeTruthy();
  expect(dialog.getByText("invalid_client")).toBeTruthy();
});
