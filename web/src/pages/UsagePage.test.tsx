import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, it, vi } from "vitest";
import { fakeFetch, renderAt } from "@/testing/render";
import { UsagePage } from "./UsagePage";

afterEach(() => vi.unstubAllGlobals());

const counts = (n: number) => ({ connects: 0, action_runs: n, proxy_calls: 0, trigger_events: 0, deliveries: 0, workflow_runs: 0, credits: 2 * n, duration_ms: 0 });
const report = (data: unknown[]) => ({ body: { from: "2026-05-01", to: "2026-05-30", total: counts(1200), data } });

it("counts by whom, and says who is unknown", async () => {
  const sent = fakeFetch((s) => report(s.path.includes("group_by=user") ? [{ key: "ada", counts: counts(1100) }, { key: null, counts: counts(100) }] : []));
  await renderAt(<UsagePage />);
  expect(await screen.findByText(/Nothing was used/)).toBeTruthy();
  expect(within(screen.getByRole("button", { name: /Credits/ })).getByText("2,400")).toBeTruthy();
  await userEvent.click(screen.getByLabelText("Grouped by"));
  await userEvent.click(await screen.findByRole("option", { name: "User" }));
  expect((await screen.findByRole("link", { name: "ada" })).getAttribute("href")).toContain("/users/ada");
  expect(screen.getByText("none", { selector: "td span" })).toBeTruthy();
  expect(sent.some((s) => s.path.includes("group_by=user") && s.path.includes("limit=100"))).toBe(true);
});

it("takes the table away as it is grouped, and says when it could not", async () => {
  const sent = fakeFetch((s) => (s.path.includes("format=csv") ? { status: 403, body: { error: "Your role in this workspace does not allow this.", code: "role" } } : report([])));
  await renderAt(<UsagePage />);
  await userEvent.click(await screen.findByRole("button", { name: "CSV" }));
  await waitFor(() => expect(sent.some((s) => s.path.includes("group_by=day&format=csv"))).toBe(true));
  expect(await screen.findByText("Nothing was downloaded")).toBeTruthy();
});
