import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, it, vi } from "vitest";
import { fakeFetch, renderAt, type Sent } from "@/testing/render";
import { ImportsPage } from "./ImportsPage";

afterEach(() => vi.unstubAllGlobals());

const imported = (over: Record<string, unknown>) => ({ id: "imp_1", name: "old.jsonl", status: "finished", dry_run: false, test: false, total: 4, pending: 0, valid: 0, imported: 3, skipped: 0, failed: 1, created_at: "2026-05-01T12:00:00Z", finished_at: "2026-05-01T12:00:02Z", ...over });
const list = (data: unknown[]) => ({ body: { data, page_info: { total_count: data.length, count: data.length, start_cursor: null, end_cursor: null } } });

async function show(imports: unknown[], answer?: (s: Sent) => { status: number; body: unknown }) {
  const sent = fakeFetch((s) => {
    if (s.path.includes("/errors")) return { body: "line,error\n2,no such app\n" };
    if (s.method === "GET") return list(imports);
    return answer?.(s) ?? { status: 202, body: imported({ status: "running" }) };
  });
  await renderAt(<ImportsPage />, "/projects/proj_1/development/imports");
  return sent;
}

it("tries a file before it imports one, and sends it as it is", async () => {
  const sent = await show([]);
  expect(await screen.findByText("No imports yet")).toBeTruthy();
  const go = screen.getByRole<HTMLButtonElement>("button", { name: "Try the file" });
  expect(go.disabled).toBe(true);
  await userEvent.upload(screen.getByLabelText("File"), new File(["external_user_id,app\nada,slack\n"], "Old.CSV"));
  await userEvent.click(go);
  await waitFor(() => expect(sent.filter((s) => s.method === "POST")).toHaveLength(1));
  const first = sent.find((s) => s.method === "POST");
  expect(Object.fromEntries(new URLSearchParams(first?.path.split("?")[1]))).toEqual({ format: "csv", dry_run: "true", test: "false", name: "Old.CSV" });
  expect(first?.headers.get("x-pd-environment")).toBe("development");
  expect(first?.headers.get("content-type")).toBe("application/octet-stream");

  await userEvent.click(screen.getByRole("switch", { name: /Dry run/ }));
  await userEvent.click(screen.getByRole("switch", { name: /Test credentials/ }));
  await userEvent.click(screen.getByRole("button", { name: "Import" }));
  await waitFor(() => expect(sent.filter((s) => s.method === "POST")).toHaveLength(2));
  expect(sent.findLast((s) => s.method === "POST")?.path).toContain("dry_run=false&test=true");
});

it("says why a file is refused", async () => {
  await show([], () => ({ status: 400, body: { error: "Line 2: a row has no app.", code: "import_row", details: {} } }));
  await userEvent.upload(await screen.findByLabelText("File"), new File(["{}"], "a.jsonl"));
  await userEvent.click(screen.getByRole("button", { name: "Try the file" }));
  expect((await screen.findByRole("alert")).textContent).toBe("Line 2: a row has no app.");
});

it("shows how far each import is, and gives the rows that failed", async () => {
  const open = vi.fn(() => "blob:x");
  Object.assign(URL, { createObjectURL: open, revokeObjectURL: () => {} });
  const sent = await show([imported({ id: "imp_2", status: "running", pending: 3 }), imported({ id: "imp_3", dry_run: true, valid: 3 }), imported({})]);
  const [, running, dry, done] = await screen.findAllByRole("row");
  expect(within(running!).getByText("1 of 4")).toBeTruthy();
  expect(within(dry!).getByText("3 would be")).toBeTruthy();
  await userEvent.click(within(done!).getByRole("button", { name: "Download what failed of old.jsonl" }));
  await waitFor(() => expect(open).toHaveBeenCalledTimes(1));
  expect(sent.find((s) => s.path.includes("/errors"))?.path).toBe("/v1/projects/proj_1/imports/imp_1/errors?format=csv");
});
