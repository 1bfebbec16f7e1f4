import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, it, vi } from "vitest";
import { fakeFetch, renderAt, type Sent } from "@/testing/render";
import { AccountPage } from "./AccountPage";

afterEach(() => vi.unstubAllGlobals());

const then = "2026-05-01T12:00:00Z";
const app = { id: "oa_1", name_slug: "acme_crm", name: "Acme CRM", auth_type: "oauth", description: "d", img_src: "", custom_fields_json: "[]", categories: [], featured_weight: 1, scope_profiles: [] };
const account = { id: "apn_1", name: "Ada", external_id: "user-1", healthy: true, dead: false, app, created_at: then, updated_at: then, authorized_scopes: [], missing_scopes: [], expires_at: then, cause: null, error: null, health_since: then, last_refreshed_at: null, next_refresh_at: then };
const revoked = { cause: "revoked", error: "The provider no longer accepts this connection." };

/** An account as it is, with its health; `answer` answers what changes something. */
async function show(over: Partial<typeof account> | Record<string, unknown>, answer?: (s: Sent) => { status?: number; body: unknown }, client: object = {}) {
  const a = { ...account, ...over };
  const state = a.dead ? "dead" : a.healthy ? "healthy" : "degraded";
  const sent = fakeFetch((s) => {
    if (s.path.endsWith("/health")) {
      const history = state === "healthy" ? [] : [{ state, cause: a.cause, error: a.error, created_at: then }];
      return { body: { state, cause: a.cause, error: a.error, since: then, expires_at: then, last_refreshed_at: null, next_refresh_at: a.next_refresh_at, history, attempts: [] } };
    }
    if (s.path.includes("/oauth_apps/")) return { body: { ...app, ...client } };
    return s.method === "GET" ? { body: a } : (answer?.(s) ?? { body: a });
  });
  await renderAt(<AccountPage />, "/projects/proj_1/development/accounts/apn_1", "/projects/$projectId/$environment/accounts/$accountId");
  return sent;
}

it("says what a dead account needs, and makes the link for it", async () => {
  const link = "https://localhost:8081/_static/connect.html?token=ctok_1&connectLink=true";
  const sent = await show({ healthy: false, dead: true, next_refresh_at: null, ...revoked }, () => ({ body: { token: "ctok_1", expires_at: then, connect_link_url: link } }));
  expect(await screen.findByText(/This account died/)).toBeTruthy();
  expect(within(await screen.findByRole("list", { name: "What happened to this account" })).getByText("Died")).toBeTruthy();
  expect(screen.queryByRole("button", { name: "Check now" })).toBeNull();
  await userEvent.click(screen.getByRole("button", { name: "Reconnect link" }));
  const dialog = within(await screen.findByRole("dialog", { name: "Reconnect this account" }));
  await userEvent.click(dialog.getByRole("checkbox", { name: /another person/ }));
  await userEvent.click(dialog.getByRole("button", { name: "Make the link" }));
  expect(await dialog.findByText(`${link}&app=acme_crm&accountId=apn_1`)).toBeTruthy();
  const made = sent.find((s) => s.method === "POST");
  expect(made?.path).toBe("/v1/connect/proj_1/tokens");
  expect(JSON.parse(made?.body ?? "")).toEqual({ external_user_id: "user-1", app_id: "acme_crm", oauth_app_id: "oa_1", allow_identity_change: true });
});

it("tries an account now, and says what was found", async () => {
  const sent = await show({}, () => ({ body: { ...account, healthy: false, ...revoked, cause: "rejected", error: "The app refuses the credential." } }));
  expect(await screen.findByText(/Next refresh/)).toBeTruthy();
  await userEvent.click(await screen.findByRole("button", { name: "Check now" }));
  expect(await screen.findByText("Checked: the account is degraded")).toBeTruthy();
  expect(screen.getByText("The app refuses the credential.")).toBeTruthy();
  expect(sent.filter((s) => s.method === "POST").map((s) => s.path)).toEqual(["/v1/connect/proj_1/accounts/apn_1/check"]);
});

it("says why an account could not be checked", async () => {
  await show({}, () => ({ status: 429, body: { error: "This account was checked a moment ago.", code: "checked_too_soon" } }));
  await userEvent.click(await screen.findByRole("button", { name: "Check now" }));
  await waitFor(() => expect(screen.getByText("Not checked")).toBeTruthy());
  expect(screen.getByText(/checked a moment ago/)).toBeTruthy();
});

it("says that nobody refreshes an account whose client is suspended", async () => {
  await show({}, undefined, { suspended_at: then, suspended_code: "invalid_client" });
  expect(await screen.findByText(/The provider stopped accepting Acme CRM/)).toBeTruthy();
  expect(screen.getByText("invalid_client")).toBeTruthy();
});
