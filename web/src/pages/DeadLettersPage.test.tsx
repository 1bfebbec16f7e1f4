import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, it, vi } from "vitest";
import { fakeFetch, renderAt } from "@/testing/render";
import { DeadLettersPage } from "./DeadLettersPage";

afterEach(() => vi.unstubAllGlobals());

const idOf = (n: number) => `dlv_${String(n).padStart(26, "0")}`;
const letter = (n: number) => ({
  id: idOf(n), event_id: `evt_${n}`, webhook_id: `evt_${n}`, event_type: `order.${n}`, subject_id: "hi_1", external_user_id: "ada", endpoint_id: `whk_${"0".repeat(26)}`, url: "https://x.test/hook", level: "project", state: "exhausted",
  attempts: 9, last_status: 503, last_error: "status", next_attempt_at: null, created_at: "2026-05-01T12:00:00Z", finished_at: "2026-05-02T12:00:00Z",
});
const list = (data: unknown[]) => ({ body: { data, page_info: { total_count: data.length, count: data.length, start_cursor: null, end_cursor: null } } });
const replay = (over: Record<string, unknown>) => ({ id: "rpl_1", status: "running", filter: {}, to_endpoint_id: null, again: false, new_ids: false, rate: 50, total: 3, done: 1, queued: 1, created_at: "2026-05-03T12:00:00Z", finished_at: null, ...over });

async function show(address = "/projects/proj_1/development/dead-letters", left = 3) {
  let status = "running";
  const sent = fakeFetch((s) => {
    if (s.path.endsWith("/replays/count")) return { body: { total: 3 } };
    if (s.path.endsWith("/discard")) return { body: { discarded: 3, more: --left > 1 } };
    if (s.path.includes("/export")) return { body: '{"id":"dlv_1"}\n' };
    if (s.path.endsWith("/pause")) return { body: replay({ status: (status = "paused") }) };
    if (s.path.includes("/replays/rpl_1")) return { body: replay({ status }) };
    if (s.path.includes("/replays")) return s.method === "POST" ? { status: 202, body: replay({}) } : list([]);
    return list(left > 0 ? [letter(1), letter(2), letter(3)] : []);
  });
  await renderAt(<DeadLettersPage />, address);
  return sent;
}
const bodyOf = (sent: { path: string; body: string }[], end: string) => JSON.parse(sent.findLast((s) => s.path.endsWith(end))?.body ?? "null") as unknown;

it("teaches what ends up here when there is nothing", async () => {
  await show(undefined, 0);
  expect(await screen.findByText("Nothing was given up")).toBeTruthy();
  expect(screen.queryByRole("button", { name: /Discard/ })).toBeNull();
});

it("asks for what the address says", async () => {
  const sent = await show("/projects/proj_1/development/dead-letters?status=5xx&error=timeout&user=ada&state=pending");
  await screen.findByText("order.1");
  const query = sent.find((s) => s.path.includes("/dead_letters?"))?.path.split("?")[1];
  expect(Object.fromEntries(new URLSearchParams(query))).toEqual({ status: "5xx", error: "timeout", external_user_id: "ada" });
});

it("sends those again that were chosen, counted first, and watches it", async () => {
  const sent = await show();
  await userEvent.click(await screen.findByRole("checkbox", { name: `Choose ${idOf(2)}` }));
  await userEvent.click(screen.getByRole("button", { name: "Send 1 chosen again" }));
  const dialog = await screen.findByRole("dialog", { name: "Send again" });
  await userEvent.click(await within(dialog).findByRole("button", { name: "Send 3 again" }));
  expect(bodyOf(sent, "/replays")).toEqual({ filter: { delivery_ids: [idOf(2)], state: "exhausted" }, rate: 50 });
  expect(await within(dialog).findByText("1 of 3")).toBeTruthy();
  await userEvent.click(within(dialog).getByRole("button", { name: "Pause" }));
  expect(await within(dialog).findByText("Paused")).toBeTruthy();
  expect(within(dialog).getByRole("button", { name: "Resume" })).toBeTruthy();
});

it("refuses a rate that is none", async () => {
  await show();
  await userEvent.click(await screen.findByRole("button", { name: "Send all again" }));
  const field = await screen.findByLabelText("How many a second");
  await userEvent.clear(field);
  await userEvent.type(field, "5000");
  expect(await screen.findByText("A number from 1 to 1000.")).toBeTruthy();
  expect(screen.getByRole<HTMLButtonElement>("button", { name: /Send.*again$/ }).disabled).toBe(true);
});

it("discards all, in as many calls as it takes", async () => {
  const sent = await show();
  await userEvent.click(await screen.findByRole("button", { name: "Discard all" }));
  await userEvent.click(await screen.findByRole("button", { name: "Discard" }));
  await waitFor(() => expect(sent.filter((s) => s.path.endsWith("/discard"))).toHaveLength(2));
  expect(bodyOf(sent, "/discard")).toEqual({ filter: {} });
});

it("exports what the filter shows", async () => {
  const open = vi.fn((_: Blob) => "blob:x");
  Object.assign(URL, { createObjectURL: open, revokeObjectURL: () => {} });
  const sent = await show("/projects/proj_1/development/dead-letters?status=5xx");
  await userEvent.click(await screen.findByRole("button", { name: "Export" }));
  await waitFor(() => expect(open).toHaveBeenCalledTimes(1));
  expect(sent.find((s) => s.path.includes("/export"))?.path).toBe("/v1/projects/proj_1/dead_letters/export?status=5xx");
});
