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
  const sent = fakeFetch(() => ({ body: page([{ ...trigger, polling }, { ...trigger, id: "hi_1", active: false, endpoint_url: "https://x.test/e/1" }]) }));
  await show();
  const [first] = await screen.findAllByRole("link", { name: /crm-new-contact/ });
  expect(first?.getAttribute("href")).toContain("/users/ada/triggers/dc_1");
  expect(screen.getByText("Looks every 90 s")).toBeTruthy();
  expect(screen.getByText("Has an address")).toBeTruthy();
  expect(screen.getByText("Paused")).toBeTruthy();
  expect(sent[0]?.path).toContain("/deployed-triggers?emitter_type=all");
  expect(sent[0]?.path).not.toContain("external_user_id");
});

it("narrows by user and way, and teaches when there is none", async () => {
  const sent = fakeFetch(() => ({ body: page([]) }));
  const { router } = await show("?user=ada&kind=source");
  await screen.findByText(/Nothing matches/);
  expect(sent[0]?.path).toMatch(/emitter_type=source.*external_user_id=ada|external_user_id=ada.*emitter_type=source/);
  await userEvent.click(screen.getByRole("button", { name: "Clear them" }));
  await screen.findByText("No trigger is deployed");
  await waitFor(() => expect(router.state.location.search).toEqual({}));
});
