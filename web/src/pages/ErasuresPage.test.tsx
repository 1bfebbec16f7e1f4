import { screen, within } from "@testing-library/react";
import { afterEach, expect, it, vi } from "vitest";
import { fakeFetch, renderAt } from "@/testing/render";
import { ErasuresPage } from "./ErasuresPage";

afterEach(() => vi.unstubAllGlobals());

const report = (id: string, rest: object) => ({ id, user_hash: "ab", status: "finished", erased: { runs: 3, action_runs: 2 }, remains: [], grants: [], created_at: "2026-05-01T12:00:00Z", finished_at: "2026-05-01T13:00:00Z", ...rest });
const list = (data: unknown[]) => ({ body: { data, page_info: { total_count: data.length, count: data.length, start_cursor: null, end_cursor: null } } });

it("says what is gone, what remains and why", async () => {
  const remains = [{ kind: "audit_log", count: 4, until: null, reason: "Entries are never changed." }];
  const sent = fakeFetch(() => list([report("era_1", { remains, grants: [{ app: "slack", status: "failed", count: 1 }, { app: "github", status: "revoked", count: 1 }] }), report("era_2", { status: "erasing", erased: {} })]));
  await renderAt(<ErasuresPage />, "/projects/proj_1/production/erasures");
  const [first, second] = (await screen.findAllByRole("row")).slice(1);
  expect(within(first!).getByText("2 action runs, 3 runs")).toBeTruthy();
  expect(within(first!).getByText("Erased")).toBeTruthy();
  expect(within(first!).getByText("4 audit log: Entries are never changed.")).toBeTruthy();
  expect(within(first!).getByText("1 of slack at the app itself (failed)")).toBeTruthy();
  expect(within(first!).queryByText(/github/)).toBeNull();
  expect(within(second!).getByText("Erasing")).toBeTruthy();
  expect(within(second!).getByText("Nothing that is known here.")).toBeTruthy();
  expect(sent[0]?.headers.get("x-pd-environment")).toBe("production");
});

it("tells what it is for while nobody was deleted", async () => {
  fakeFetch(() => list([]));
  await renderAt(<ErasuresPage />);
  expect(await screen.findByText("No user was deleted yet")).toBeTruthy();
});
