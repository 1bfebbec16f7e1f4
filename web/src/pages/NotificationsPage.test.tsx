import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, it, vi } from "vitest";
import { fakeFetch, renderAt, type Sent } from "@/testing/render";
import { NotificationsPage } from "./NotificationsPage";
import { RunbookPage } from "./RunbookPage";

afterEach(() => vi.unstubAllGlobals());

const route = (over: Record<string, unknown> = {}) => ({
  id: "nrt_1", name: "Alerts", channel: "discord", reach: "environment", target: "https://discord.com/•••", severities: ["error"], event_types: ["*"], time_zone: "UTC", mutes: [], muted_until: null,
  runbook_url: "", enabled: true, digest: { every: "off", at: "09:00", day: "mon", empty: false }, status: "active", off_reason: null, breaker: "closed", open_until: null, failures: 0,
  last_sent_at: null, last_error: null, last_error_message: null, next_digest_at: null, created_at: "2026-05-01T12:00:00Z", updated_at: "2026-05-01T12:00:00Z", ...over,
});
const notice = (over: Record<string, unknown> = {}) => ({
  id: "ntc_1", route_id: "nrt_1", route: "Alerts", kind: "event", event_id: "evt_1", event_type: "WORKFLOW_FAILED", severity: "error", title: "A workflow failed", state: "sent", held: false,
  attempts: 1, next_attempt_at: null, code: null, retry: false, message: null, times: 0, created_at: "2026-05-01T12:00:00Z", finished_at: "2026-05-01T12:00:00Z", ...over,
});
const list = (data: unknown[]) => ({ data, page_info: { total_count: data.length, count: data.length, start_cursor: null, end_cursor: null } });
const payload = {
  embeds: [{ title: "A workflow failed", description: "The app answered 500\\.", color: 0xe74c3c, fields: [{ name: "User", value: "\\@everyone" }, { name: "Links", value: "[Open](https://x) · [Runbook](https://y)" }], footer: { text: "Acme · development" } }],
  allowed_mentions: { parse: [] },
};

async function show(routes: unknown[], notices: unknown[] = [], groups: unknown[] = [], answer?: (s: Sent) => { status?: number; body?: unknown }) {
  const sent = fakeFetch((s) => {
    if (s.method !== "GET" || s.path.endsWith("/nrt_1")) return answer?.(s) ?? { status: 500, body: { error: "?", code: "?", details: {} } };
    if (s.path.includes("notification_routes")) return { body: { data: routes } };
    if (s.path.includes("notification_events")) return { body: { data: [{ type: "WORKFLOW_FAILED", title: "A workflow failed", severity: "error" }], channels: ["discord", "slack", "teams", "webhook"] } };
    if (s.path.includes("notification_preview")) return { body: { payload } };
    return { body: list(s.path.includes("groups") ? groups : notices) };
  });
  await renderAt(<NotificationsPage />, "/projects/proj_1/development/notifications");
  return sent;
}

it("makes a route with the message beside it as it will look", async () => {
  const sent = await show([], [], [], () => ({ status: 201, body: route() }));
  expect(await screen.findByText("Nobody is told yet")).toBeTruthy();
  await userEvent.click(screen.getByRole("button", { name: "New route" }));
  const preview = await screen.findByRole("region", { name: "Preview" });
  expect(await within(preview).findByText("The app answered 500.")).toBeTruthy();
  expect(within(preview).getByText(/@everyone/).textContent).toBe("User @everyone");
  fireEvent.change(screen.getByLabelText("Name"), { target: { value: "Nights" } });
  fireEvent.change(screen.getByLabelText("URL"), { target: { value: "https://discord.com/api/webhooks/1/x" } });
  await userEvent.click(screen.getByRole("checkbox", { name: "Warnings" }));
  await userEvent.click(screen.getByRole("switch", { name: /Quiet hours/ }));
  await userEvent.click(screen.getByRole("button", { name: "Create" }));
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  const post = sent.find((s) => s.method === "POST");
  expect(post?.path).toBe("/v1/projects/proj_1/notification_routes");
  expect(JSON.parse(post?.body ?? "")).toMatchObject({ name: "Nights", channel: "discord", url: "https://discord.com/api/webhooks/1/x", severities: ["error"], event_types: ["*"], reach: "environment", mutes: [{ from: "22:00", to: "07:00" }] });
});

it("keeps the target of a route that is edited, and says why it is refused", async () => {
  const sent = await show([route()], [], [], () => ({ status: 400, body: { error: "A time zone has a name such as Europe/Berlin.", code: "route_time_zone", details: {} } }));
  await userEvent.click(await screen.findByRole("button", { name: "Edit" }));
  await userEvent.clear(await screen.findByLabelText("Time zone"));
  fireEvent.change(screen.getByLabelText("Time zone"), { target: { value: "Moon" } });
  await userEvent.click(screen.getByRole("button", { name: "Save" }));
  expect((await screen.findByRole("alert")).textContent).toBe("A time zone has a name such as Europe/Berlin.");
  const put = sent.find((s) => s.method === "PUT");
  expect(put?.path).toContain("/v1/projects/proj_1/notification_routes/nrt_1?unchanged_since=");
  expect(JSON.parse(put?.body ?? "")).not.toHaveProperty("url");
});

it("writes over nobody who saved the route meanwhile, until one says so", async () => {
  const [then, later, theirs] = ["2026-05-01T08:00:00Z", "2026-05-01T09:00:00Z", () => route({ name: "Theirs", updated_at: later })];
  const sent = await show([route({ updated_at: then })], [], [], (s) => (s.method === "GET" ? { body: theirs() } : s.path.includes(encodeURIComponent(later)) ? { body: route({}) } : { status: 409, body: { error: "It was changed.", code: "changed_meanwhile", details: {} } }));
  await userEvent.click(await screen.findByRole("button", { name: "Edit" }));
  await userEvent.clear(await screen.findByLabelText("Name"));
  await userEvent.type(screen.getByLabelText("Name"), "Mine");
  await userEvent.click(screen.getByRole("button", { name: "Save" }));
  await userEvent.click(await screen.findByRole("button", { name: "Take theirs" }));
  await waitFor(() => expect(screen.getByLabelText<HTMLInputElement>("Name").value).toBe("Theirs"));
  await userEvent.click(screen.getByRole("button", { name: "Save" }));
  await waitFor(() => expect(sent.filter((s) => s.method === "PUT").map((s) => new URLSearchParams(s.path.split("?")[1]).get("unchanged_since"))).toEqual([then, later]));
});

it("tests a route and says what came of it", async () => {
  await show([route()], [], [], () => ({ body: { sent: false, event_type: "WORKFLOW_FAILED", code: "TIMEOUT", retry: true, message: "The receiver did not answer in time.", status: null, duration_ms: 10_000 } }));
  await userEvent.click(await screen.findByRole("button", { name: "Test" }));
  expect((await screen.findByRole("status")).textContent).toBe("TIMEOUT The receiver did not answer in time. Trying again may help.");
});

it("shows routes that are paused or off, what is held, and what happened again", async () => {
  await show(
    [route({ status: "paused", breaker: "open", open_until: "2026-05-01T12:00:00Z", failures: 5, last_error: "SEND_FAILED", last_error_message: "The receiver failed." }), route({ id: "nrt_2", name: "Gone", status: "off", enabled: false, off_reason: "NOT_FOUND", last_error: "NOT_FOUND", last_error_message: "No more." })],
    [notice({ state: "pending", held: true, code: "CIRCUIT_OPEN" })],
    [{ id: "ngr_1", route_id: "nrt_1", event_type: "WORKFLOW_FAILED", title: "Welcome: It broke.", count: 37, first_at: "2026-05-01T12:00:00Z", last_at: "2026-05-01T12:30:00Z", until: "2026-05-01T13:00:00Z" }],
  );
  expect(await screen.findByText(/It failed 5 times in a row/)).toBeTruthy();
  expect(screen.getByText(/Switched off\./).textContent).toContain("NOT_FOUND");
  expect(await screen.findByText("Held")).toBeTruthy();
  expect(screen.getByText("CIRCUIT_OPEN")).toBeTruthy();
  expect(within(await screen.findByRole("table", { name: "Groups" })).getByText("37")).toBeTruthy();
});

it("mutes a route for a while or until a time, and has it tell again", async () => {
  const muted = new Date(Date.now() + 3_600_000).toISOString();
  const sent = await show([route({}), route({ id: "nrt_2", name: "Nights", status: "muted", muted_until: muted })], [], [], () => ({ body: route({}) }));
  const puts = () => sent.filter((s) => s.method === "PUT").map((s) => ({ path: s.path, body: JSON.parse(s.body) as { muted_until: string | null; severities: string[] } }));
  expect(await screen.findByText(/^Silent until /)).toBeTruthy();
  (await screen.findByRole("button", { name: "Mute" })).focus();
  await userEvent.keyboard("{Enter}");
  await userEvent.click(await screen.findByRole("menuitem", { name: "For a day" }));
  await waitFor(() => expect(puts()).toHaveLength(1));
  const until = Date.parse(puts()[0]!.body.muted_until!) - Date.now();
  expect(until).toBeGreaterThan(23 * 3_600_000);
  expect(until).toBeLessThan(25 * 3_600_000);
  expect(puts()[0]!.path).toContain("nrt_1");
  expect(puts()[0]!.body.severities).toEqual(["error"]);
  await userEvent.click(screen.getByRole("button", { name: "Unmute" }));
  await waitFor(() => expect(puts()).toHaveLength(2));
  expect(puts()[1]!.body.muted_until).toBeNull();

  screen.getByRole("button", { name: "Mute" }).focus();
  await userEvent.keyboard("{Enter}");
  await userEvent.click(await screen.findByRole("menuitem", { name: "Until …" }));
  const dialog = within(await screen.findByRole("dialog", { name: "Mute Alerts" }));
  fireEvent.change(dialog.getByLabelText("Until"), { target: { value: "2020-01-01T00:00" } });
  expect(dialog.getByText("A time that is still to come.")).toBeTruthy();
  expect((dialog.getByRole("button", { name: "Mute" }) as HTMLButtonElement).disabled).toBe(true);
  fireEvent.change(dialog.getByLabelText("Until"), { target: { value: "2999-01-01T00:00" } });
  await userEvent.click(dialog.getByRole("button", { name: "Mute" }));
  await waitFor(() => expect(puts()).toHaveLength(3));
  expect(puts()[2]!.body.muted_until).toContain("299");
});

it("has a section of the runbook at the anchor that notifications link", async () => {
  Element.prototype.scrollIntoView = vi.fn();
  const { container } = await renderAt(<RunbookPage />, "/projects/proj_1/development/x");
  expect(container.querySelector("#workflow_failed h2")?.textContent).toBe("WORKFLOW_FAILED");
  expect(container.querySelector("#digest")).toBeTruthy();
});
