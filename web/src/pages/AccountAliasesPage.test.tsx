import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it } from "vitest";
import { fakeFetch, renderAt, type Sent } from "@/testing/render";
import { AccountAliasesPage } from "./AccountAliasesPage";

const last = { total_count: 2, count: 1, start_cursor: null, end_cursor: null };
const crm = { alias: "crm", account_id: "apn_1", account_name: "Team", app: "acme", external_user_id: "team", updated_at: "2026-01-01T00:00:00Z" };
const flows = [
  { id: "p_1", name: "Digest", draft: { accounts: { crm: { app: "acme" }, mail: { app: "gmail", description: "Sends the digest" } } } },
  { id: "p_2", name: "Refund", draft: { accounts: { crm: { app: "acme" } } } },
];

function answer(s: Sent): { status?: number; body?: unknown } {
  if (s.method === "DELETE") return { status: 204 };
  if (s.method === "PUT") return { body: crm };
  if (s.path.includes("/account_aliases")) return { body: { data: [crm] } };
  if (s.path.includes("/accounts")) return { body: { data: [{ id: "apn_9", name: "Sender", external_id: "team", app: { name: "Gmail", name_slug: "gmail" } }], page_info: last } };
  // Two pages: what is on the second counts, too.
  if (s.path.includes("/workflows")) return { body: s.path.includes("after=") ? { data: [flows[1]], page_info: last } : { data: [flows[0]], page_info: { ...last, end_cursor: "c2" } } };
  return { body: {} };
}

it("shows what stands for which account, who uses it, and what is missing", async () => {
  const sent = fakeFetch(answer);
  const user = userEvent.setup();
  await renderAt(<AccountAliasesPage />);
  expect(await screen.findByText("1 missing")).toBeTruthy();
  const row = screen.getByText("crm").closest("tr")!;
  expect(within(row).getAllByRole("link").map((l) => l.textContent)).toEqual(["Team", "Digest", "Refund"]);
  await user.click(screen.getByRole("button", { name: "Choose mail" }));
  await waitFor(() => expect(sent.some((s) => s.path.includes("/accounts?") && s.path.includes("app=gmail"))).toBe(true));
  await user.click(await screen.findByRole("combobox", { name: "Which account" }));
  await user.click(await screen.findByRole("option", { name: "Sender (team)" }));
  await user.click(screen.getByRole("button", { name: "Set alias" }));
  await waitFor(() => expect(sent.find((s) => s.method === "PUT")).toMatchObject({ path: "/v1/projects/proj_1/account_aliases/mail?unchanged_since=0001-01-01T00%3A00%3A00Z", body: '{"account_id":"apn_9"}' }));
});

it("says whom it hits before one is deleted", async () => {
  const sent = fakeFetch(answer);
  const user = userEvent.setup();
  await renderAt(<AccountAliasesPage />);
  await screen.findByText("1 missing");
  await user.click(screen.getByRole("button", { name: "Delete crm" }));
  expect((await screen.findByRole("alertdialog")).textContent).toContain("Digest, Refund use it");
  await user.click(screen.getByRole("button", { name: "Delete alias" }));
  await waitFor(() => expect(sent.find((s) => s.method === "DELETE")?.path).toBe("/v1/projects/proj_1/account_aliases/crm"));
});
