import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, it, vi } from "vitest";
import { fakeFetch, renderAt, type Sent } from "@/testing/render";
import { ActionRunPage } from "./ActionRunPage";
import { ActionRunsPage } from "./ActionRunsPage";

afterEach(() => vi.unstubAllGlobals());

const run = {
  id: "arun_1", status: "failed", component_id: "~/say", component_version: "0.1.0", app: "crm", account_id: "apn_1", external_user_id: "ada", caller: { kind: "mcp_client", id: "mcpa_1", name: "Assistant", via: "mcp" }, background: false,
  error: { name: "Error", message: "not_in_channel", attribution: { origin: "app", status: 403 } }, duration_ms: 1200, created_at: "2026-11-21T10:00:00Z", started_at: "2026-11-21T10:00:00Z", finished_at: "2026-11-21T10:00:01Z", status_url: "",
};
const page = (data: object[]) => ({ data, page_info: { total_count: data.length, count: data.length, start_cursor: null, end_cursor: null } });
const text = (t: string) => ({ text: t, omitted: "", bytes: 1 });
const show = (answer: (s: Sent) => { status?: number; body?: unknown }) => {
  const sent = fakeFetch(answer);
  return renderAt(<ActionRunPage />, "/projects/proj_1/development/action-runs/arun_1", "/projects/$projectId/$environment/action-runs/$actionRunId").then((view) => ({ ...view, sent }));
};

it("tells whose fault it was, with the log and what is kept of what went in and out", async () => {
  await show(() => ({ body: { run, outcome: null, logs: { os: [{ k: "error", ts: 0, err: { name: "Error", message: "not_in_channel" } }], omitted: 3, input: text('{"text":"Hello"}'), value: null } } }));
  expect(await screen.findByText("The app refused it: not_in_channel")).toBeTruthy();
  expect(screen.getByText("1.2 s")).toBeTruthy();
  expect(screen.getByText(/Assistant over MCP/)).toBeTruthy();
  expect(screen.getByText(/3 more were not kept/)).toBeTruthy();
  expect(screen.getByText(/"text": "Hello"/)).toBeTruthy();
  expect(screen.getByText("Nothing was kept.")).toBeTruthy();
  expect(screen.getByRole("link", { name: "~/say 0.1.0" }).getAttribute("href")).toContain("/components/~%2Fsay?user=ada");
  expect(screen.queryByRole("button", { name: "Stop" })).toBeNull();
});

it("stops a run that is under way", async () => {
  let status = "running";
  const { sent } = await show((s) => {
    if (s.method === "POST") status = "canceled";
    return { body: s.method === "POST" ? { ...run, status } : { run: { ...run, status, error: null, duration_ms: null }, outcome: null, logs: null } };
  });
  await userEvent.click(await screen.findByRole("button", { name: "Stop" }));
  await userEvent.click(await screen.findByRole("button", { name: "Stop the run" }));
  await screen.findByText("Cancelled");
  expect(sent.some((s) => s.path.endsWith("/action_runs/arun_1/cancel"))).toBe(true);
});

it("lists runs by what the address says", async () => {
  const sent = fakeFetch((s) => ({ body: page(s.path.includes("status=") ? [run] : []) }));
  const { router } = await renderAt(<ActionRunsPage />, "/projects/proj_1/development/action-runs?status=failed&user=ada", "/projects/$projectId/$environment/action-runs");
  expect((await screen.findByRole("link", { name: "~/say" })).getAttribute("href")).toContain("/action-runs/arun_1");
  expect(sent[0]?.path).toMatch(/status=failed.*external_user_id=ada|external_user_id=ada.*status=failed/);
  await userEvent.click(screen.getByRole("button", { name: "Clear" }));
  await screen.findByText("No action was run yet");
  await waitFor(() => expect(router.state.location.search).toEqual({}));
});
