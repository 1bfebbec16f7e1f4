import { fireEvent, screen } from "@testing-library/react";
import { afterEach, expect, it, vi } from "vitest";
import { fakeFetch, renderAt } from "@/testing/render";
import { KeepingCard, SettingsPage } from "./SettingsPage";

afterEach(() => vi.unstubAllGlobals());

const project = {
  id: "proj_1", name: "Acme", app_name: null, support_email: null, connect_require_key_auth_test: false, workflows_in_production: true, proxy_allowed_hosts: [], proxy_log_bodies: false,
  action_log_values: false, run_keep_days: 0, run_keep_mb: 0, event_keep_days: 0, log_keep_days: 0, log_redactions: [], development_users: -1, error_workflow_id: null,
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
  expect(JSON.parse(sent[0]!.body)).toEqual({ run_keep_days: 0, event_keep_days: 7, log_keep_days: 0, development_users: -1 });
});

it("shows the sentence of the API", async () => {
  fakeFetch(() => ({ status: 400, body: { error: "event_keep_days is too large.", code: "invalid", details: {} } }));
  await renderAt(<KeepingCard project={project} saved={() => undefined} />);
  fireEvent.change(await screen.findByLabelText("Days that events are kept"), { target: { value: "9" } });
  fireEvent.click(screen.getByRole("button", { name: "Save" }));
  expect((await screen.findByRole("alert")).textContent).toContain("event_keep_days is too large.");
});

it("shows settings to those who may not save them, and says why", async () => {
  fakeFetch((s) => (s.path.startsWith("/v1/connect/projects/") ? { body: project } : { status: 403, body: { error: "no", code: "role" } }));
  await renderAt(<SettingsPage />, undefined, undefined, { member: { id: "mem_2", email: "d@example.com", name: "D", role: "developer" } });
  expect((await screen.findByRole("note")).textContent).toBe("Owners and admins change these settings. You are developer, and see them as they are.");
  expect(screen.getByLabelText("Name").matches(":disabled")).toBe(true);
  expect(screen.getByRole("switch", { name: "Run workflows in production" }).matches(":disabled")).toBe(true);
  expect(screen.getAllByRole("button", { name: "Save" }).every((b) => b.matches(":disabled"))).toBe(true);
});
