import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, it, vi } from "vitest";
import { fakeFetch, renderAt } from "@/testing/render";
import { UsagePage } from "./UsagePage";

afterEach(() => vi.unstubAllGlobals());

const counts = (n: number) => ({ connects: 0, action_runs: n, proxy_calls: 0, trigger_events: 0, deliveries: 0, workflow_runs: 0, credits: 2 * n, duration_ms: 0 });
const limits = {
  body: {
    data: {
      plan: "Small", month_start: "2026-05-01T00:00:00Z", month_end: "2026-06-01T00:00:00Z",
      limits: [{ name: "proxy", title: "Calls through the proxy", per: "project", rate: { requests: 1000, window_seconds: 300 }, server: { requests: 1000, window_seconds: 300 }, plan: null, own: null }],
      quotas: [{ kind: "credit", of: "workspace", most: 1000, at_full: "refuse", used: 850 }, { kind: "delivery", of: "project", most: 10, at_full: "warn", used: 1 }],
    },
  },
};
const report = (data: unknown[]) => ({ body: { from: "2026-05-01", to: "2026-05-30", total: counts(1200), data } });

it("counts by whom, and says who is unknown", async () => {
  const sent = fakeFetch((s) => /\/limits(\?|$)/.test(s.path) ? limits : report(s.path.includes("group_by=user") ? [{ key: "ada", counts: counts(1100) }, { key: null, counts: counts(100) }] : []));
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
  const sent = fakeFetch((s) => /\/limits(\?|$)/.test(s.path) ? limits : (s.path.includes("format=csv") ? { status: 403, body: { error: "Your role in this workspace does not allow this.", code: "role" } } : report([])));
  await renderAt(<UsagePage />);
  await userEvent.click(await screen.findByRole("button", { name: "CSV" }));
  await waitFor(() => expect(sent.some((s) => s.path.includes("group_by=day&format=csv"))).toBe(true));
  expect(await screen.findByText("Nothing was downloaded")).toBeTruthy();
});

it("shows what is left of quotas, and changes what is the project's own", async () => {
  const sent = fakeFetch((s) => (/\/limits(\?|$)/.test(s.path) ? limits : report([])));
  await renderAt(<UsagePage />);
  expect(await screen.findByText("85 %")).toBeTruthy();
  expect(screen.getByText(/The workspace's plan is Small/)).toBeTruthy();
  expect(screen.queryByRole("button", { name: "Change the quota of credits" })).toBeNull();
  await userEvent.click(screen.getByRole("button", { name: "Change the limit “Calls through the proxy”" }));
  await userEvent.type(await screen.findByLabelText("Most requests"), "20");
  await userEvent.click(screen.getByRole("button", { name: "Save" }));
  await waitFor(() => expect(JSON.parse(String(sent.find((s) => s.method === "PUT")?.body ?? "{}"))).toEqual({ limits: [{ name: "proxy", rate: { requests: 20, window_seconds: 300 } }], quotas: [{ kind: "delivery", most: 10, at_full: "warn" }] }));
  await userEvent.click(screen.getByRole("button", { name: "Change the quota of deliveries" }));
  expect(await screen.findByText(/refuses nothing/)).toBeTruthy();
});
