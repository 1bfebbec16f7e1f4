import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, it, vi } from "vitest";
import { fakeFetch, renderAt } from "@/testing/render";
import { TriggersPage } from "./TriggersPage";

afterEach(() => vi.unstubAllGlobals());

const page = (data: object[]) => ({ data, page_info: { total_count: data.length, count: data.length, start_cursor: null, end_cursor: null } });
const show = (search = "") => renderAt(<TriggersPage />, `/projects/proj_1/development/triggers${search}`, "/projects/$projectId/$environment/triggers");
const trigger = { id: "dc_1", name: "Mine", active: true, component_key: "crm-new-contact", external_user_id: "ada", created_at: 1795250000000 };
const polling = { interval_seconds: 90, next_at: "2026-11-21T10:15:00Z", last_at: null, failures: 0, failing_since: null, error: null };

it("lists the triggers of all users, and says how each listens", async () => {
  const sent = fakeFetch((s) => ({ body: s.path.includes("orphans") ? { data: [] } : page([{ ...trigger, polling }, { ...trigger, id: "hi_1", active: false, endpoint_url: "https://x.test/e/1" }]) }));
  await show();
  const [first] = await screen.findAllByRole("link", { name: /crm-new-contact/ });
  expect(first?.getAttribute("href")).toContain("/users/ada/triggers/dc_1");
  expect(screen.getByText("Looks every 90 s")).toBeTruthy();
  expect(screen.getByText("Has an address")).toBeTruthy();
  expect(screen.getByText("Paused")).toBeTruthy();
  expect(sent.find((s) => s.path.includes("/deployed-triggers"))?.path).toContain("/deployed-triggers?emitter_type=all");
  expect(sent.find((s) => s.path.includes("/deployed-triggers"))?.path).not.toContain("external_user_id");
});

it("narrows by user and way, and teaches when there is none", async () => {
  const sent = fakeFetch((s) => ({ body: s.path.includes("orphans") ? { data: [] } : page([]) }));
  const { router } = await show("?user=ada&kind=source");
  await screen.findByText(/Nothing matches/);
  expect(sent.find((s) => s.path.includes("/deployed-triggers"))?.path).toMatch(/emitter_type=source.*external_user_id=ada|external_user_id=ada.*emitter_type=source/);
  await userEvent.click(screen.getByRole("button", { name: "Clear them" }));
  await screen.findByText("No trigger is deployed");
  await waitFor(() => expect(router.state.location.search).toEqual({}));
});

it("shows what is left at apps of triggers that are gone, ends it, and forgets it", async () => {
  let left = [{ id: "orp_1", trigger_id: "dc_1", component_key: "crm-changed", external_user_id: "ada", unsure: false, attempts: 2, error: "The app answered 500.", next_at: null, created_at: "2026-11-21T10:00:00Z" }];
  const sent = fakeFetch((s) => {
    if (s.method === "POST") return { status: 502, body: { error: "The app answered 500 again.", code: "hook_failed", details: {} } };
    if (s.method === "DELETE") left = [];
    return s.method === "DELETE" ? { status: 204 } : { body: s.path.includes("orphans") ? { data: left } : page([]) };
  });
  await show();
  await screen.findByText("The app answered 500.");
  await userEvent.click(screen.getByRole("button", { name: "End crm-changed now" }));
  await screen.findByText("The app answered 500 again.");
  await userEvent.click(screen.getByRole("button", { name: "Forget crm-changed" }));
  await userEvent.click(await screen.findByRole("button", { name: "Take it off the list" }));
  await waitFor(() => expect(screen.queryByText("crm-changed")).toBeNull());
  expect(sent.filter((s) => s.method !== "GET").map((s) => `${s.method} ${s.path}`)).toEqual(["POST /v1/connect/proj_1/trigger_orphans/orp_1/retry", "DELETE /v1/connect/proj_1/trigger_orphans/orp_1"]);
});
