import { fireEvent, screen, within } from "@testing-library/react";
import { afterEach, expect, it, vi } from "vitest";
import { fakeFetch, renderAt } from "@/testing/render";
import { KeepingCard, SettingsPage } from "./SettingsPage";

afterEach(() => vi.unstubAllGlobals());

const project = {
  id: "proj_1", name: "Acme", app_name: null, support_email: null, connect_require_key_auth_test: false, workflows_in_production: true, proxy_allowed_hosts: [], proxy_log_bodies: false,
  action_log_values: false, run_keep_days: 0, run_keep_mb: 0, event_keep_days: 0, log_keep_days: 0, log_redactions: [], development_users: -1, error_workflow_id: null, updated_at: "2026-05-01T12:00:00Z",
};

it("says how long things are kept, and sends numbers", async () => {
  const sent = fakeFetch(() => ({ body: { ...project, event_keep_days: 7 } }));
  const saved = vi.fn();
  await renderAt(<KeepingCard project={project} saved={saved} />);
  const save = await screen.findByRole("button", { name: "Save" });
  expect(save.hasAttribute("disabled")).toBe(true);
  fireEvent.change(screen.getByLabelText("Days that events are kept"), { target: { value: "7" } });
  fireEvent.click(save);
  await vi.waitFor(() => expect(saved).toHaveBeenCalledWith(expect.objectContaining({ event_keep_days: 7 })));
  expect(JSON.parse(sent[0]!.body)).toEqual({ event_keep_days: 7 });
  expect(sent[0]!.path).toContain("unchanged_since=2026-05-01T12%3A00%3A00Z");
});

it("shows the sentence of the API", async () => {
  fakeFetch(() => ({ status: 400, body: { error: "event_keep_days is too large.", code: "invalid", details: {} } }));
  await renderAt(<KeepingCard project={project} saved={() => undefined} />);
  fireEvent.change(await screen.findByLabelText("Days that events are kept"), { target: { value: "9" } });
  fireEvent.click(screen.getByRole("button", { name: "Save" }));
  expect((await screen.findByRole("alert")).textContent).toContain("event_keep_days is too large.");
});

/** A server on which somebody else saves before one does. */
function meanwhile(theirs: object) {
  const there = { ...project, ...theirs, updated_at: "2026-05-01T13:00:00Z" };
  return fakeFetch((s) => {
    if (s.method === "GET") return s.path.includes("/audit_log") ? { status: 403, body: { error: "no", code: "role" } } : { body: there };
    if (s.path.includes(encodeURIComponent(there.updated_at))) return { body: { ...there, ...JSON.parse(s.body) } };
    return { status: 409, body: { error: "It was changed.", code: "changed_meanwhile", details: {} } };
  });
}

it("is saved beside what somebody else changed meanwhile", async () => {
  const sent = meanwhile({ run_keep_days: 30 });
  const saved = vi.fn();
  await renderAt(<KeepingCard project={project} saved={saved} />);
  fireEvent.change(await screen.findByLabelText("Days that events are kept"), { target: { value: "7" } });
  fireEvent.click(screen.getByRole("button", { name: "Save" }));
  await vi.waitFor(() => expect(saved).toHaveBeenCalledWith(expect.objectContaining({ event_keep_days: 7, run_keep_days: 30 })));
  expect(sent.filter((s) => s.method === "PATCH").map((s) => JSON.parse(s.body))).toEqual([{ event_keep_days: 7 }, { event_keep_days: 7 }]);
});

it("shows both where two changed the same, and loses neither", async () => {
  const sent = meanwhile({ event_keep_days: 30 });
  const saved = vi.fn();
  await renderAt(<KeepingCard project={project} saved={saved} />);
  const days = await screen.findByLabelText<HTMLInputElement>("Days that events are kept");
  fireEvent.change(days, { target: { value: "7" } });
  const save = async () => {
    fireEvent.click(screen.getByRole("button", { name: "Save", hidden: true }));
    return within(await screen.findByRole("alertdialog", { name: "The project was changed meanwhile" }));
  };
  let told = await save();
  expect(told.getByRole("list", { name: "What differs" }).textContent).toBe("Event keep daysThere now30Yours7");
  fireEvent.click(told.getByRole("button", { name: "Go on editing" }));
  expect(days.value).toBe("7");
  told = await save();
  fireEvent.click(told.getByRole("button", { name: "Keep mine, write over theirs" }));
  await vi.waitFor(() => expect(saved).toHaveBeenCalledWith(expect.objectContaining({ event_keep_days: 7 })));
  expect(screen.queryByRole("alertdialog")).toBeNull();
  fireEvent.change(days, { target: { value: "9" } });
  told = await save();
  fireEvent.click(told.getByRole("button", { name: "Take theirs" }));
  await vi.waitFor(() => expect(saved).toHaveBeenLastCalledWith(expect.objectContaining({ event_keep_days: 30 })));
  expect(sent.filter((s) => s.method === "PATCH")).toHaveLength(4);
});

it("shows settings to those who may not save them, and says why", async () => {
  fakeFetch((s) => (s.path.startsWith("/v1/connect/projects/") ? { body: project } : { status: 403, body: { error: "no", code: "role" } }));
  await renderAt(<SettingsPage />, undefined, undefined, { member: { id: "mem_2", email: "d@example.com", name: "D", role: "developer" } });
  expect((await screen.findByRole("note")).textContent).toBe("Owners and admins change these settings. You are developer, and see them as they are.");
  expect(screen.getByLabelText("Name").matches(":disabled")).toBe(true);
  expect(screen.getByRole("switch", { name: "Run workflows in production" }).matches(":disabled")).toBe(true);
  expect(screen.getAllByRole("button", { name: "Save" }).every((b) => b.matches(":disabled"))).toBe(true);
});

it.each([
  ["viewer", "admin", true],
  ["admin", "viewer", false],
] as const)("shows a %s of the workspace who is %s of the project what they may do to it", async (ofWorkspace, ofProject, may) => {
  fakeFetch((s) => (s.path.endsWith("/projects/proj_1") ? { body: project } : { status: 403, body: { error: "no", code: "role", details: {} } }));
  const member = { id: "mem_2", email: "kim@example.com", name: "Kim", role: ofWorkspace, projects: [{ project_id: "proj_1", role: ofProject }] };
  await renderAt(<SettingsPage />, "/projects/proj_1/development/settings", undefined, { member });
  await screen.findByText("For your code");
  expect(screen.queryByText("Delete the project") !== null).toBe(may);
  expect(screen.queryByText("Audit log") !== null).toBe(ofWorkspace === "admin");
});
