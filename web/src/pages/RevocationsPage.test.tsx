import { screen, within } from "@testing-library/react";
import { afterEach, expect, it, vi } from "vitest";
import { fakeFetch, renderAt } from "@/testing/render";
import { RevocationsPage } from "./RevocationsPage";

afterEach(() => vi.unstubAllGlobals());

const revocation = (id: string, status: string, reason: string | null) => ({ id, status, reason, app: "slack", external_user_id: "ada", account_id: "apn_1", attempts: 1, created_at: "2026-05-01T12:00:00Z", finished_at: null });
const list = (data: unknown[]) => ({ body: { data, page_info: { total_count: data.length, count: data.length, start_cursor: null, end_cursor: null } } });

it("says what became of each credential, and why", async () => {
  const rows = [revocation("rev_1", "revoked", null), revocation("rev_2", "failed", "The provider answered 500."), revocation("rev_3", "kept", "Another account uses the grant."), revocation("rev_4", "unsupported", null), revocation("rev_5", "pending", null)];
  const sent = fakeFetch(() => list(rows));
  await renderAt(<RevocationsPage />, "/projects/proj_1/production/revocations");
  const shown = (await screen.findAllByRole("row")).slice(1);
  expect(shown.map((r, i) => within(r).getByText(["Revoked", "Failed", "Kept", "Not supported", "Pending"][i]!) !== null)).toEqual(Array(5).fill(true));
  expect(within(shown[1]!).getAllByText("The provider answered 500.").length).toBeGreaterThan(0);
  expect(sent[0]?.headers.get("x-pd-environment")).toBe("production");
});

it("tells what it is for while nothing was deleted", async () => {
  fakeFetch(() => list([]));
  await renderAt(<RevocationsPage />);
  expect(await screen.findByText("Nothing was deleted yet")).toBeTruthy();
});

it("says that it could not be read", async () => {
  fakeFetch(() => ({ status: 500, body: { error: "Something went wrong.", code: "internal", details: {} } }));
  await renderAt(<RevocationsPage />);
  expect((await screen.findByRole("alert")).textContent).toContain("Something went wrong.");
});
