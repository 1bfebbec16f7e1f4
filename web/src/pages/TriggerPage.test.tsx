import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, it, vi } from "vitest";
import { inputOf, draftOf, placeOf, type Intake } from "@/components/IntakeForm";
import { fakeFetch, renderAt, type Sent } from "@/testing/render";
import { TriggerPage } from "./TriggerPage";

afterEach(() => vi.unstubAllGlobals());

const counts = { received: 7, accepted: 4, duplicate: 1, filtered: 0, invalid: 0, unrouted: 0, refused: 0, rejected: 2, last_rejected_at: "2026-11-21T10:00:00Z" };
const empty: Intake = { verification: null, dedupe: null, split: null, filter: null, max_body: null, max_waiting: null, response: null, expect_every: null, hears_app: null, set_at: null, silent_since: null, counts };
const trigger = { id: "hi_1", name: "Orders", active: true, changed_at: "2026-05-01T12:00:00Z", component_key: "http-new-requests", external_user_id: "ada", endpoint_url: "https://hooks.test/e/en1", configured_props: {}, created_at: 1795250000000 };
const polling = { interval_seconds: 900, next_at: "2026-11-21T10:15:00Z", last_at: "2026-11-21T10:00:00Z", failures: 2, failing_since: "2026-11-21T09:00:00Z", error: "The app answered 403: not_in_channel." };
const source = {
  ...trigger, id: "dc_1", component_key: "crm-new-contact", endpoint_url: undefined, polling,
  configured_props: { app: { authProvisionId: "apn_1" }, list: "a" },
  configurable_props: [{ name: "app", type: "app", app: "crm" }, { name: "list", type: "string", label: "List" }],
};
const schemes = [
  { name: "stripe", title: "Stripe", ask: "Signing secret of the endpoint", dedupes: true, keeps_secret: false, wants_token: false },
  { name: "meta", title: "Meta", ask: "App secret", dedupes: false, keeps_secret: false, wants_token: true },
];

const server = (intake: Intake, put?: object) =>
  fakeFetch((s) => {
    if (s.path.includes("/inbound_schemes")) return { body: { data: schemes } };
    if (s.path.includes("/try_filter")) return { body: { data: [{ id: "evt_1", ts: 1795250000000, holds: true, error: null }, { id: "evt_2", ts: 1795250000000, holds: false, error: "n is a text" }] } };
    if (s.path.includes("/pipelines")) return { body: { workflow_ids: ["p_1"] } };
    if (s.path.includes("/workflows")) return { body: { data: [{ id: "p_1", name: "Greet" }], page_info: { total_count: 1, count: 1, start_cursor: null, end_cursor: null } } };
    if (s.path.includes("/events?")) return { body: { data: [{ id: "evt_9", ts: 1795250000000, sum: "An order", e: { order: 7 } }] } };
    if (s.path.includes("/events") || s.path.includes("/looks")) return { body: { data: [] } };
    if (s.path.includes("/intake")) return s.method === "PUT" ? (put ?? { body: { data: intake } }) : { body: { data: intake } };
    return { body: { data: trigger } };
  });

const show = () => renderAt(<TriggerPage />, "/projects/proj_1/development/users/ada/triggers/hi_1", "/projects/$projectId/$environment/users/$externalUserId/triggers/$triggerId");

it("shows the address and what came in, and saves settings that were changed", async () => {
  const sent = server({ ...empty, verification: { scheme: "stripe", secrets_set: 1, token_set: false } });
  await show();
  expect(await screen.findByText("https://hooks.test/e/en1")).toBeTruthy();
  expect(await screen.findByText(/^2, the last/)).toBeTruthy();
  expect(await screen.findByText(/^1 set\./)).toBeTruthy();
  fireEvent.change(await screen.findByLabelText("Signing secret of the endpoint"), { target: { value: "whsec_new\n whsec_old \n" } });
  await userEvent.click(screen.getByLabelText("Take the same event once"));
  fireEvent.change(screen.getByLabelText("Only when"), { target: { value: "trigger.body.n > 1" } });
  await userEvent.click(screen.getByRole("button", { name: "Try it with the last events" }));
  const tried = await screen.findByRole("list", { name: "What the condition says" });
  expect(within(tried).getByText("Taken")).toBeTruthy();
  expect(within(tried).getByText("n is a text")).toBeTruthy();
  await userEvent.click(screen.getByRole("button", { name: "Save" }));
  await waitFor(() => expect(sent.some((s) => s.method === "PUT")).toBe(true));
  const put = sent.find((s) => s.method === "PUT");
  expect(put?.path).toContain("/deployed-triggers/hi_1/intake?external_user_id=ada");
  expect(JSON.parse(put?.body ?? "")).toEqual({ verification: { scheme: "stripe", secrets: ["whsec_new", "whsec_old"] }, dedupe: {}, filter: "trigger.body.n > 1" });
});

it("says what the server refuses, in its words", async () => {
  server(empty, { status: 400, body: { error: "dedupe: say where the id is.", code: "intake", details: {} } });
  await show();
  await userEvent.click(await screen.findByRole("button", { name: "Save" }));
  expect(await screen.findByText("dedupe: say where the id is.")).toBeTruthy();
});

it("reads a place as it is typed, and gives back what it does not show", () => {
  expect(placeOf("header X-Id")).toEqual({ header: "X-Id" });
  expect(placeOf("query id")).toEqual({ query: "id" });
  expect(placeOf("/a/b")).toEqual({ json: "/a/b" });
  expect(placeOf("trigger.body.id")).toEqual({ expression: "trigger.body.id" });
  expect(placeOf(" ")).toEqual({});
  const all: Intake = {
    ...empty, verification: { scheme: "custom", custom: { kind: "basic" }, tolerance: "1m", secrets_set: 1, token_set: false },
    dedupe: { header: "X-Id", window_seconds: 60 }, split: { path: "", id: "/id", key: "/k" }, filter: "true", max_body: 100, max_waiting: 5, expect_every: 60, hears_app: "slack",
  };
  expect(inputOf(draftOf(all), all)).toEqual({
    verification: { scheme: "custom", custom: { kind: "basic" }, tolerance: "1m" }, dedupe: { header: "X-Id", window_seconds: 60 },
    split: { path: "", id: "/id", key: "/k" }, filter: "true", max_body: 100, max_waiting: 5, expect_every: 60, hears_app: "slack",
  });
});

it("answers callers in words of its own, and bounds what it takes", () => {
  const draft = { ...draftOf(empty), answers: true, status: "202", answer: "ok", maxBody: "1000" };
  expect(inputOf(draft, empty)).toEqual({ max_body: 1000, response: { status: 202, content_type: "text/plain", body: "ok" } });
  expect(draftOf({ ...empty, ...inputOf(draft, empty), response: { status: 202, body: "ok" }, verification: null, dedupe: null, split: null } as Intake)).toMatchObject({ answers: true, status: "202", contentType: "text/plain", answer: "ok", maxBody: "1000" });
});

const page = (data: object[]) => ({ data, page_info: { total_count: data.length, count: data.length, start_cursor: null, end_cursor: null } });

/** A server with one trigger that looks for what is new. It does what it is told. */
function looking(answers: { put?: object; remove?: (s: Sent) => object } = {}) {
  let now: object = source;
  return fakeFetch((s) => {
    if (s.path.includes("/pipelines")) return { body: { workflow_ids: [] } };
    if (s.path.includes("/events")) return { body: { data: [{ id: "evt_1", k: "emit", ts: 1795250000000, e: { id: "con_1", name: "Ada Lovelace" } }] } };
    if (s.path.includes("/looks/")) return { body: { data: { os: [{ k: "console.log", ts: 1795250000000, msg: "looking" }, { k: "error", ts: 1795250000001, err: { name: "Error", message: "It broke" }, msg: "Error: It broke\n    at watch.mjs:3" }], omitted: 7, exports: { type: "application/json", text: '{"debug":{"status":403}}', omitted: "" } } } };
    if (s.path.includes("/looks")) return { body: { data: [{ id: "look_1", at: "2026-11-21T10:00:00Z", kind: "time", found: 3, new: 1, dropped: [{ reason: "seen_before", count: 2, ids: ["con_1"] }], error: null }] } };
    if (s.path.includes("/replays/count")) return { body: { count: 2 } };
    if (s.path.includes("/endpoints")) return { body: page([]) };
    if (s.path.includes("/accounts")) return { body: page([{ id: "apn_1", name: "Ada’s CRM", external_id: "ada", healthy: true, dead: false, app: {} }]) };
    if (s.path.includes("/connect/apps")) return { body: page([]) };
    if (s.method === "PUT") {
      if (answers.put) return answers.put;
      now = { ...now, ...(JSON.parse(s.body) as object) };
    }
    if (s.method === "DELETE") return answers.remove?.(s) ?? { status: 204 };
    return { body: { data: now } };
  });
}
const showSource = () => renderAt(<TriggerPage />, "/projects/proj_1/development/users/ada/triggers/dc_1", "/projects/$projectId/$environment/users/$externalUserId/triggers/$triggerId");

it("shows why a trigger fails, what it emitted, and pauses and resumes it", async () => {
  const sent = looking();
  await showSource();
  expect((await screen.findByRole("alert")).textContent).toBe("The app answered 403: not_in_channel.");
  expect(screen.getByText("Failing")).toBeTruthy();
  expect(screen.getByText("15 min")).toBeTruthy();
  const looks = await screen.findByRole("list", { name: "Last looks" });
  expect(looks.textContent).toContain("3 found, one event");
  expect(looks.textContent).toContain("2 were seen before: con_1 …");
  expect(sent.some((s) => s.path.includes("/looks/"))).toBe(false);
  await userEvent.click(within(looks).getByText("What it logged"));
  const log = await screen.findByRole("list", { name: "Log" });
  expect(log.textContent).toContain("looking");
  expect(log.textContent).toContain("at watch.mjs:3");
  expect(screen.getByText("7 more lines were left out.")).toBeTruthy();
  expect(screen.getByText(/"status": 403/)).toBeTruthy();
  expect(sent.filter((s) => s.path.includes("/looks/look_1?external_user_id=ada"))).toHaveLength(1);
  await userEvent.click(await screen.findByText("Ada Lovelace"));
  expect(screen.getByText(/"id": "con_1"/)).toBeTruthy();
  await userEvent.click(screen.getByRole("button", { name: "Pause" }));
  await screen.findByText("Paused");
  await userEvent.click(screen.getByRole("button", { name: "Resume" }));
  await screen.findByText("Failing");
  expect(sent.filter((s) => s.method === "PUT").map((s) => JSON.parse(s.body) as object)).toEqual([{ active: false }, { active: true }]);
});

it("sends one event again", async () => {
  const sent = looking();
  await showSource();
  await userEvent.click(await screen.findByText("Ada Lovelace"));
  await userEvent.click(screen.getByRole("button", { name: "Send again …" }));
  await screen.findByRole("dialog");
  await waitFor(() => expect(sent.some((s) => s.path.endsWith("/replays/count"))).toBe(true));
  expect(JSON.parse(sent.find((s) => s.path.endsWith("/replays/count"))?.body ?? "")).toEqual({ filter: { event_id: "evt_1" } });
});

it("is set to listen for something else, and says why it is not", async () => {
  const sent = looking();
  await showSource();
  await userEvent.click(await screen.findByRole("button", { name: "Change" }));
  fireEvent.change(await screen.findByLabelText("List"), { target: { value: "b" } });
  await screen.findByDisplayValue("Ada’s CRM");
  await userEvent.click(screen.getByRole("button", { name: "Save" }));
  await screen.findByRole("button", { name: "Change" });
  expect(JSON.parse(sent.find((s) => s.method === "PUT")?.body ?? "")).toEqual({ configured_props: { app: { authProvisionId: "apn_1" }, list: "b" } });
});

it("is deleted, and all the same when the app cannot be told", async () => {
  const gone: string[] = [];
  looking({
    remove: (s) => {
      gone.push(s.path);
      return gone.length === 1 ? { status: 409, body: { error: "The app did not end it.", code: "hook_failed", details: {} } } : { status: 204 };
    },
  });
  const { router } = await showSource();
  await userEvent.click(await screen.findByRole("button", { name: "Delete" }));
  await userEvent.click(await screen.findByRole("button", { name: "Delete trigger" }));
  await screen.findByText("The app did not end it.");
  await userEvent.click(screen.getByRole("button", { name: "Delete it all the same" }));
  await waitFor(() => expect(router.state.location.pathname).toBe("/projects/proj_1/development/triggers"));
  expect(gone[0]).not.toContain("ignore_hook_errors");
  expect(gone[1]).toContain("ignore_hook_errors=true");
});

it("leads from an event to the editors of the workflows that it starts", async () => {
  server(empty);
  await renderAt(<TriggerPage />, "/projects/proj_1/development/users/ada/triggers/hi_1", "/projects/$projectId/$environment/users/$externalUserId/triggers/$triggerId");
  const link = await screen.findByText("Build Greet from this event");
  const href = new URL(link.closest("a")!.href);
  expect(href.pathname).toBe("/projects/proj_1/development/workflows/p_1");
  expect(Object.fromEntries(href.searchParams)).toEqual({ event: "evt_9", of: "hi_1", for: "ada" });
});

it("shows both names when somebody else renamed it meanwhile, and renames it all the same only when told to", async () => {
  const at = { old: "2026-05-01T12:00:00Z", theirs: "2026-05-02T12:00:00Z" };
  let now: object = { ...source, changed_at: at.old };
  const sent = fakeFetch((s) => {
    if (s.path.includes("/audit_log") || s.path.includes("/accounts") || s.path.includes("/apps")) return { body: page([]) };
    if (s.path.includes("/pipelines")) return { body: { workflow_ids: [] } };
    if (s.path.includes("/events") || s.path.includes("/looks")) return { body: { data: [] } };
    if (s.method === "PUT" && s.path.includes(encodeURIComponent(at.old))) {
      now = { ...source, name: "Theirs", changed_at: at.theirs };
      return { status: 409, body: { error: "It was changed meanwhile.", code: "changed_meanwhile", details: {} } };
    }
    if (s.method === "PUT") now = { ...now, ...(JSON.parse(s.body) as object), changed_at: "2026-05-03T12:00:00Z" };
    return { body: { data: now } };
  });
  await showSource();
  await userEvent.click(await screen.findByRole("button", { name: "Rename" }));
  const field = screen.getByLabelText("Name");
  await userEvent.clear(field);
  await userEvent.paste("Mine");
  await userEvent.click(screen.getByRole("button", { name: "Rename" }));
  const dialog = within(await screen.findByRole("alertdialog"));
  expect(dialog.getByText("Theirs")).toBeTruthy();
  await userEvent.click(dialog.getByRole("button", { name: /Keep mine/ }));
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  expect((await screen.findAllByText("Mine")).length).toBeGreaterThan(0);
  expect(sent.filter((s) => s.method === "PUT").map((s) => new URLSearchParams(s.path.split("?")[1]).get("unchanged_since"))).toEqual([at.old, at.theirs]);
});
