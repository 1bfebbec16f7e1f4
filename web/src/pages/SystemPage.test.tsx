import { screen, within } from "@testing-library/react";
import { afterEach, expect, it, vi } from "vitest";
import type { System } from "@/api/session";
import { fakeFetch, renderAt } from "@/testing/render";
import { SystemPage } from "./SystemPage";

afterEach(() => vi.unstubAllGlobals());

const at = new Date().toISOString();
const ago = (seconds: number) => new Date(Date.now() - seconds * 1000).toISOString();
const work = (name: System["work"][number]["name"], due = 0, oldest: string | null = null): System["work"][number] => ({ name, due, most: false, oldest_at: oldest, under_way: 0, given_up: 0 });
const system: System = {
  version: "v1", go: "go1", started_at: at, checked_at: at, checks: [{ name: "database", state: "ok", says: "It answers.", remedy: "" }], libraries: [],
  work: [work("runs", 3, ago(700)), work("deliveries", 2, ago(5)), work("refreshes"), work("looks"), work("actions"), { ...work("notices"), given_up: 4 }],
  queues: [{ name: "default", waiting: 5, under_way: 1, again: 0, done: 100, failed: 2, behind_seconds: 0, paused: false }],
  workers: [{ host: "worker-1", pid: 7, since: ago(3600), at_once: 10, stopping: false, tasks: [{ kind: "run:advance", since: ago(2) }] }],
  keys: { fingerprint: "abcd", set_at: at, backed_up_at: null, rotating: true, secrets: 10, to_go: 4, data: [{ id: "0001", active: false, created_at: ago(9999), secrets: 4 }, { id: "0002", active: true, created_at: at, secrets: 6 }] },
};
const open = (body: unknown, status = 200) => {
  fakeFetch((s) => (s.path.startsWith("/console/api/system") ? { status, body } : { body: { code: "isolated", code_why: "", mail_domain: "" } }));
  return renderAt(<SystemPage />);
};

it("says what is behind and for how long, who works, and how far a rotation of the keys is", async () => {
  await open(system);
  const waits = await screen.findByRole("list", { name: "Work that waits" });
  expect(screen.getByText("1 behind")).toBeTruthy();
  expect(within(waits).getByText(/oldest for 11/)).toBeTruthy();
  expect(within(waits).getByText(/4 given up/)).toBeTruthy();
  const workers = screen.getByRole("list", { name: "Workers" });
  expect(workers.textContent).toContain("1 of 10 places in use: run:advance");
  expect(screen.getByRole("img", { name: "6 of 10 secrets are sealed under the active key" })).toBeTruthy();
  expect(screen.getByText("patchbay keys rotate")).toBeTruthy();
});

it("says what to do when nobody works, and when Redis is away", async () => {
  await open({ ...system, workers: [], queues: [] });
  expect(await screen.findByText("patchbay work")).toBeTruthy();
  vi.unstubAllGlobals();
  await open({ ...system, workers: [], queues: null });
  expect((await screen.findAllByText(/Redis does not answer/)).length).toBeGreaterThan(0);
});

it("shows nothing to who may not see it, and says so", async () => {
  await open({ error: "Only owners and admins see how the installation is.", code: "system_forbidden" }, 403);
  expect(await screen.findByText(/Only owners and admins/)).toBeTruthy();
  expect(screen.queryByText("Workers")).toBeNull();
});
