import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, it, vi } from "vitest";
import { fakeFetch, renderAt } from "@/testing/render";
import { RunPage } from "./RunPage";
import { RunsPage } from "./RunsPage";

afterEach(() => vi.unstubAllGlobals());

const run = (status: string) => ({
  id: "run_1", workflow_id: "p_1", workflow_name: "Orders", version: 3, trigger: "http", status, attempts: 3, external_user_id: null, parent_id: null, replay_of: null, failure_of: null, test: false, store: "all", trace_id: "abc",
  error: { code: "http_status", message: "It answered 502.", step: "send" }, retry_at: status === "retrying" ? "2027-01-01T00:00:00Z" : null, created_at: "2026-05-01T12:00:00Z", started_at: null, finished_at: null,
});
const failure = (attempt: number) => ({ attempt, at: `2026-05-01T12:0${attempt}:00Z`, error: { code: "http_status", message: `It answered 50${attempt}.`, step: "send" } });
const step = { path: "send", name: "send", type: "http_request", status: "failed", attempts: 1, wake_at: null, input: {}, output: null, error: null, account_id: null, started_at: "2026-05-01T12:00:00Z", finished_at: "2026-05-01T12:00:01Z", duration_ms: 1000 };
const list = (data: unknown[]) => ({ body: { data, page_info: { total_count: data.length, count: data.length, start_cursor: null, end_cursor: null } } });
const replay = { id: "rrp_1", status: "running", filter: {}, version: "newest", from_step: null, again: false, rate: 10, total: 4, done: 3, started: 1, refused: 1, created_at: "2026-05-03T12:00:00Z", finished_at: null };

function answer(status: string, calls = { left: 2 }) {
  return fakeFetch((s) => {
    if (s.path.endsWith("/run_replays/count")) return { body: { total: 4 } };
    if (s.path.includes("/run_replays")) return s.method === "POST" ? { status: 202, body: replay } : s.path.includes("rrp_1") ? { body: replay } : list([]);
    if (s.method === "POST" && s.path.endsWith("/replay")) return { status: 202, body: { ...run("queued"), id: "run_2" } };
    if (s.method === "POST") return { body: { more: --calls.left > 0 } };
    if (s.path.includes("/counts")) return { body: { data: [], whole: true } };
    if (s.path.includes("/workflows")) return list([]);
    if (s.path.includes("/runs/run_")) return { body: { run: run(status), input: { n: 1 }, failures: [failure(1), failure(2)], steps: [step] } };
    return list([run(status)]);
  });
}
const show = async (search: string) => {
  const sent = answer("dead_lettered");
  await renderAt(<RunsPage />, `/projects/proj_1/development/runs${search}`);
  return sent;
};
const bodyOf = (sent: { path: string; body: string }[], end: string) => JSON.parse(sent.findLast((s) => s.path.endsWith(end))?.body ?? "null") as unknown;

it("tries dead letters again, in as many calls as it takes", async () => {
  const sent = await show("?status=dead_lettered&workflow=p_1");
  expect(screen.queryByRole("button", { name: "Cancel" })).toBeNull();
  await userEvent.click(await screen.findByRole("button", { name: "Try again" }));
  await userEvent.click(within(await screen.findByRole("alertdialog", { name: "Try all that match again?" })).getByRole("button", { name: "Try again" }));
  await waitFor(() => expect(sent.filter((s) => s.path.endsWith("/runs/requeue"))).toHaveLength(2));
  expect(bodyOf(sent, "/runs/requeue")).toEqual({ filter: { workflow_id: "p_1", statuses: ["dead_lettered"] } });
});

it("cancels what has not ended", async () => {
  const sent = await show("?user=ada");
  await userEvent.click(await screen.findByRole("button", { name: "Cancel" }));
  await userEvent.click(await screen.findByRole("button", { name: "Cancel the runs" }));
  await waitFor(() => expect(bodyOf(sent, "/runs/cancel")).toEqual({ filter: { external_user_id: "ada" } }));
});

it("runs events again, counted first, and watches it", async () => {
  const sent = await show("?status=failed");
  await userEvent.click(await screen.findByRole("button", { name: "Replay" }));
  const dialog = await screen.findByRole("dialog", { name: "Run these events again" });
  await userEvent.click(await within(dialog).findByRole("button", { name: "Run 4 again" }));
  expect(bodyOf(sent, "/run_replays")).toEqual({ filter: { statuses: ["failed"] }, version: "newest", again: false, rate: 10 });
  expect(await within(dialog).findByText("3 of 4")).toBeTruthy();
  expect(within(dialog).getByText("1 passed over")).toBeTruthy();
  expect(within(dialog).getByText("1 could not be")).toBeTruthy();
});

it("says of a run that waits to be tried again when, and what went wrong before, and has it tried at once", async () => {
  const sent = answer("retrying");
  await renderAt(<RunPage />, "/projects/proj_1/development/runs/run_1", "/projects/$projectId/$environment/runs/$runId");
  expect(await screen.findByText(/It goes on from that step/)).toBeTruthy();
  expect(screen.getByText("It answered 501.")).toBeTruthy();
  expect(screen.getByRole("button", { name: "Cancel run" })).toBeTruthy();
  await userEvent.click(screen.getByRole("button", { name: "Try again" }));
  await waitFor(() => expect(sent.some((s) => s.method === "POST" && s.path.endsWith("/run_1/retry"))).toBe(true));
});

it("runs the event of one that is over again, from a step and on its own version", async () => {
  const sent = answer("failed");
  await renderAt(<RunPage />, "/projects/proj_1/development/runs/run_1", "/projects/$projectId/$environment/runs/$runId");
  await userEvent.click(await screen.findByRole("button", { name: "Replay" }));
  await userEvent.click(await screen.findByRole("button", { name: "Run it again" }));
  await waitFor(() => expect(bodyOf(sent, "/run_1/replay")).toEqual({ version: "newest" }));
});

it("leads to the editor with what the run was given, where that is kept", async () => {
  answer("failed");
  await renderAt(<RunPage />, "/projects/proj_1/development/runs/run_1", "/projects/$projectId/$environment/runs/$runId");
  const build = await screen.findByRole("link", { name: "Build from this event" });
  expect(new URL((build as HTMLAnchorElement).href).searchParams.get("sample")).toBe("run_1");
});
