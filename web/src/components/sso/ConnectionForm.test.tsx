import { useQuery } from "@tanstack/react-query";
import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, it, vi } from "vitest";
import { ssoQuery, type Sso } from "@/api/sso";
import { fakeFetch, renderAt } from "@/testing/render";
import { ConnectionForm } from "./ConnectionForm";

afterEach(() => vi.unstubAllGlobals());

const connection = {
  id: "sso_1", issuer: "https://login.acme.example", client_id: "patchbay", joins: false, default_role: "viewer" as const, groups_claim: "groups", group_roles: [], required: false, test: null, domains: [], scim_token_at: null,
  updated_at: "2026-01-01T00:00:00Z",
};

function Here() {
  const sso = useQuery(ssoQuery);
  return sso.data && <ConnectionForm sso={sso.data} />;
}

it("shows what another admin set meanwhile, and keeps one's own until it is said which holds", async () => {
  let there: Sso = { callback_url: "https://patchbay.test/sso", scim_url: "https://patchbay.test/scim", connection };
  const sent = fakeFetch((s) => {
    if (s.path.startsWith("/v1/audit_log")) return { body: { data: [], page_info: {} } };
    if (s.method === "GET") return { body: there };
    const { updated_at, client_secret, ...own } = JSON.parse(s.body) as typeof connection & { client_secret: string };
    expect(client_secret).toBe("a new secret");
    if (updated_at !== there.connection?.updated_at) return { status: 409, body: { error: "This was changed meanwhile.", code: "changed_meanwhile" } };
    return { body: { ...there, connection: { ...connection, ...own, updated_at: "2026-01-03T00:00:00Z" } } };
  });
  await renderAt(<Here />);
  const client = await screen.findByLabelText<HTMLInputElement>("Client id");
  await userEvent.clear(client);
  await userEvent.type(client, "mine");
  await userEvent.type(screen.getByLabelText("Client secret"), "a new secret");
  there = { ...there, connection: { ...connection, client_id: "theirs", joins: true, updated_at: "2026-01-02T00:00:00Z" } };
  await userEvent.click(screen.getByRole("button", { name: "Save" }));
  const dialog = await screen.findByRole("alertdialog", { name: "The single sign-on was changed meanwhile" });
  const apart = within(dialog).getByRole("list", { name: "What differs" });
  expect(within(apart).getAllByRole("listitem").map((li) => li.textContent)).toEqual(["Client idThere nowtheirsYoursmine", "JoinsThere nowyesYoursno"]);
  expect(dialog.textContent).not.toContain("a new secret");
  expect(client.value).toBe("mine");
  await userEvent.click(within(dialog).getByRole("button", { name: "Keep mine, write over theirs" }));
  expect(await screen.findByText("Single sign-on saved")).toBeTruthy();
  expect(sent.filter((s) => s.method !== "GET")).toHaveLength(2);
});
