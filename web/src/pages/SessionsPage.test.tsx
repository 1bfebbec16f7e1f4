import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, it, vi } from "vitest";
import { fakeFetch, renderAt } from "@/testing/render";
import { SessionPage } from "./SessionPage";
import { SessionsPage } from "./SessionsPage";

afterEach(() => vi.unstubAllGlobals());

const one = {
  id: "cs_1", external_user_id: "ada", connect_token_id: "ct_1", app: "slack", auth: "oauth", framed: false, status: "failed", reached: "returned", code: "oauth_denied", account_id: null, steps: 3,
  created_at: "2026-05-01T12:00:00Z", updated_at: "2026-05-01T12:00:41Z",
};
const counts = { opened: 4, picked: 4, started: 3, sent: 3, returned: 2, exchanged: 1, tested: 1, succeeded: 1, failed: 1, cancelled: 1, abandoned: 1 };

it("draws the funnel in words, too, and asks for what the filters say", async () => {
  const sent = fakeFetch((s) =>
    s.path.includes("/funnel")
      ? { body: { total: counts, apps: [], days: [], codes: [{ code: "oauth_denied", count: 1 }] } }
      : { body: { data: [one], page_info: { total_count: 1, count: 1, start_cursor: null, end_cursor: null } } },
  );
  await renderAt(<SessionsPage />, "/projects/proj_1/development/sessions?app=slack&status=failed");
  const rows = within(await screen.findByRole("figure")).getAllByRole("listitem").map((li) => li.textContent);
  expect([rows[0], rows.at(-1)]).toEqual(["Opened the page4", expect.stringMatching(/^Connected1/)]);
  expect(screen.getByText(/25 % of 4 connected/)).toBeTruthy();
  expect(sent.map((s) => s.path)).toContain("/v1/projects/proj_1/connect_sessions?app=slack&status=failed");
  expect(sent.map((s) => s.path)).toContain("/v1/projects/proj_1/connect_sessions/funnel?app=slack");
  await userEvent.click(screen.getByRole("button", { name: "oauth_denied" }));
  await vi.waitFor(() => expect(sent.at(-1)?.path).toContain("code=oauth_denied"));
});

it("replays a session with the time between its steps", async () => {
  const step = (name: string, at: string, more: object = {}) => ({ source: "server", name, screen: "", detail: "", created_at: at, ...more });
  fakeFetch(() => ({
    body: { session: one, steps: [step("opened", "2026-05-01T12:00:00Z"), step("popup_closed", "2026-05-01T12:00:39Z", { source: "page", screen: "wait" }), step("failed", "2026-05-01T12:00:41Z", { detail: "oauth_denied" })] },
  }));
  await renderAt(<SessionPage />, "/projects/proj_1/development/sessions/cs_1", "/projects/$projectId/$environment/sessions/$sessionId");
  expect(await screen.findByRole("heading", { name: "ada connects slack" })).toBeTruthy();
  expect(screen.getByText("The window was closed")).toBeTruthy();
  expect(screen.getByText("39 s", { exact: false })).toBeTruthy();
  expect(screen.getByText("Came as far as: Came back. It ended with oauth_denied.")).toBeTruthy();
});
