import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it } from "vitest";
import { Instances } from "@/components/instances/Instances";
import { fakeFetch, renderAt, type Sent } from "@/testing/render";
import { InstancePage } from "./InstancePage";

const page_info = { total_count: 1, count: 1, start_cursor: null, end_cursor: null };
const instance = { id: "inst_1", workflow_id: "p_1", external_user_id: "ada", active: true, config: { limit: 20 }, account_map: {}, created_at: "2026-01-01T00:00:00Z", updated_at: "2026-01-01T00:00:00Z" };
const workflow = { id: "p_1", name: "Digest", draft: { name: "Digest", steps: [{ name: "a", type: "respond", body: "{{ instance.config.limit }} {{ instance.config.channel }}" }] } };
const account = (id: string, name: string) => ({ id, name, app: { name: "Slack", name_slug: "slack" } });
const due = "2099-01-01T09:07:00Z";

function answer(s: Sent): { status?: number; body?: unknown } {
  if (s.method === "PUT") return { body: { ...instance, ...(JSON.parse(s.body) as object) } };
  if (s.method === "DELETE") return { status: 204 };
  if (s.path.includes("/instances/")) return { body: instance };
  if (s.path.includes("/instances")) return { body: { data: [instance], page_info } };
  if (s.path.includes("/accounts")) return { body: { data: [account("apn_1", "Work"), account("apn_2", "Home")], page_info } };
  if (s.path.includes("/triggers")) return { body: { data: [{ name: "nightly", type: "schedule", environment: "development", running: true, active: true, next_at: [due] }, { name: "hook", type: "http", environment: "development", next_at: [] }] } };
  if (s.path.includes("/records")) return { body: { data: [{ key: "seen", value: 3, version: 1, expires_at: null, updated_at: due }], next_key: null } };
  if (s.path.includes("/data_stores")) return { body: { data: [{ id: "ds_1", scope: "instance", subject: "inst_1", records: 1, bytes: 9, created_at: due }], page_info } };
  if (s.path.includes("/workflows/p_1")) return { body: workflow };
  if (s.path.includes("/workflows")) return { body: { data: [workflow], page_info } };
  return { body: { data: [], page_info } };
}
const open = () => renderAt(<InstancePage />, "/projects/proj_1/development/users/ada/workflows/p_1", "/projects/$projectId/$environment/users/$externalUserId/workflows/$workflowId");
const puts = (sent: Sent[]) => sent.filter((s) => s.method === "PUT").map((s) => [s.path, JSON.parse(s.body) as unknown]);

it("changes what a user has of a workflow, and leaves the rest as it is", async () => {
  const sent = fakeFetch(answer);
  const user = userEvent.setup();
  await open();
  await user.click(await screen.findByRole("button", { name: "Add channel" }));
  expect(screen.queryByRole("button", { name: "Add limit" })).toBeNull();
  await user.click(screen.getByRole("combobox", { name: "Account of Slack" }));
  await user.click(await screen.findByRole("option", { name: "Home" }));
  await user.click(screen.getByRole("button", { name: "Save" }));
  const at = "/v1/connect/proj_1/users/ada/instances/p_1?unchanged_since=2026-01-01T00%3A00%3A00Z";
  await waitFor(() => expect(puts(sent)).toEqual([[at, { active: true, config: { limit: 20, channel: "" }, account_map: { slack: "apn_2" } }]]));
  await user.click(screen.getByRole("button", { name: "Switch off" }));
  await waitFor(() => expect(puts(sent)[1]).toEqual([at, { active: false, config: { limit: 20 }, account_map: {} }]));
});

it("refuses a config that is none, and says why", async () => {
  const sent = fakeFetch(answer);
  const user = userEvent.setup();
  await open();
  const field = await screen.findByLabelText("Config");
  await user.clear(field);
  await user.type(field, "[[1]");
  await user.click(screen.getByRole("button", { name: "Save" }));
  await screen.findByText(/^The config is not an object/);
  expect(puts(sent)).toEqual([]);
});

it("shows when it is due for the user, and what it keeps", async () => {
  const sent = fakeFetch(answer);
  await open();
  expect(within(await screen.findByRole("table", { name: "Records" })).getByText("seen")).toBeTruthy();
  expect(sent.some((s) => s.path.includes("/data_stores?scope=instance&subject=inst_1"))).toBe(true);
  expect((await screen.findByRole("list", { name: "Next due times" })).querySelector("time")?.dateTime).toBe("2099-01-01T09:07:00.000Z");
  expect(sent.some((s) => s.path.endsWith("/triggers?external_user_id=ada"))).toBe(true);
  expect(screen.queryByText("hook")).toBeNull();
});

it("opens what there is instead of making it anew", async () => {
  const sent = fakeFetch((s) => (s.path.endsWith("/bob/instances/p_1") && s.method === "GET" ? { status: 404, body: { error: "None.", code: "instance_not_found" } } : answer(s)));
  const user = userEvent.setup();
  const { router } = await renderAt(<Instances workflowId="p_1" />);
  const make = async (name: string) => {
    await user.click(screen.getByRole("button", { name: "New instance" }));
    await user.type(await screen.findByRole("combobox", { name: "User" }), name);
    await waitFor(() => expect(screen.getByRole("button", { name: "Make it" })).toHaveProperty("disabled", false));
    await user.click(screen.getByRole("button", { name: "Make it" }));
  };
  expect(await screen.findByRole("link", { name: "ada" })).toBeTruthy();
  await make("ada");
  await waitFor(() => expect(router.state.location.pathname).toContain("/users/ada/workflows/p_1"));
  expect(puts(sent)).toEqual([]);
  await make("bob");
  await waitFor(() => expect(puts(sent)).toEqual([["/v1/connect/proj_1/users/bob/instances/p_1?unchanged_since=0001-01-01T00%3A00%3A00Z", { active: true, config: {}, account_map: {} }]]));
});
