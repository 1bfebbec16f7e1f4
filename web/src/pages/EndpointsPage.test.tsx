import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, it, vi } from "vitest";
import type { Endpoint } from "@/api/types";
import { fakeFetch, renderAt, type Sent } from "@/testing/render";
import { EndpointPage } from "./EndpointPage";
import { EndpointsPage } from "./EndpointsPage";
import { EventTypesPage } from "./EventTypesPage";

afterEach(() => vi.unstubAllGlobals());

const endpoint: Endpoint = {
  id: "whk_1", level: "project", main: false, subject_id: "", url: "https://a.example/hook", description: "Billing", event_types: ["ACCOUNT_*"], payload: "raw", inline_limit: 0,
  signatures: ["standard-webhooks", "x-pd-signature"], timeout_ms: 10_000, retry_waits: [], retries: true, rate_per_second: 0, burst: 0, concurrency: 16, ordering: "none", ordering_path: "", on_exhausted: "block",
  headers: ["X-Api-Key"], client_certificate: null, status: "active", breaker: "closed", paused_until: null, failing_since: null, failures: 0, last_success_at: null,
  disabled_at: null, disabled_reason: null, waiting: 0, created_at: "2026-05-01T12:00:00Z", updated_at: "2026-05-01T12:00:00Z",
};
const list = (data: unknown[]) => ({ body: { data, page_info: { total_count: data.length, count: data.length, start_cursor: null, end_cursor: null } } });
const types = { body: { data: [
  { type: "ACCOUNT_DEAD", title: "An account has to be connected again", description: "Only its user can mend an account.", severity: "error", platform: false, schema: { title: "ACCOUNT_DEAD" }, sample: { event: "ACCOUNT_DEAD" } },
  { type: "ENDPOINT_FAILING", title: "A webhook endpoint fails", description: "Nothing has arrived for a day.", severity: "warning", platform: true, schema: {}, sample: {} },
] } };

/** A server with one endpoint; `answer` may say more. */
function server(e: Endpoint, answer?: (s: Sent) => { status?: number; body?: unknown } | undefined) {
  const sent = fakeFetch((s) => answer?.(s) ?? (s.path.startsWith("/v1/event_types") ? types : s.path.includes("/deliveries") ? list([]) : s.path.endsWith("/endpoints") || s.path.includes("/endpoints?") ? (s.method === "GET" ? list([e]) : { status: 201, body: { ...e, signing_key: "k".repeat(64), standard_secret: "whsec_x" } }) : { body: e }));
  return () => sent.filter((s) => s.method !== "GET").map((s) => ({ what: `${s.method} ${s.path}`, body: s.body ? (JSON.parse(s.body) as unknown) : undefined }));
}

const at = (page: "endpoints" | "one") =>
  page === "one" ? renderAt(<EndpointPage />, "/projects/proj_1/development/endpoints/whk_1", "/projects/$projectId/$environment/endpoints/$endpointId") : renderAt(<EndpointsPage />, "/projects/proj_1/development/endpoints");

it("lists endpoints with how they are, and why nothing is sent", async () => {
  server({ ...endpoint, status: "disabled", disabled_reason: "gone" });
  await at("endpoints");
  const row = within((await screen.findByText("Billing")).closest("tr")!);
  expect(row.getByText("Disabled")).toBeTruthy();
  expect(row.getByText(/it answered 410/)).toBeTruthy();
});

it("adds an endpoint and shows its key once", async () => {
  const writes = server(endpoint);
  await at("endpoints");
  await userEvent.click(await screen.findByRole("button", { name: "Add an endpoint" }));
  const form = within(await screen.findByRole("dialog"));
  await userEvent.type(form.getByLabelText("URL"), "https://new.example/hook");
  await userEvent.clear(form.getByLabelText("Event types"));
  await userEvent.type(form.getByLabelText("Event types"), "ACCOUNT_*{Enter}trigger.emitted");
  await userEvent.click(form.getByRole("checkbox", { name: /x-pd-signature/ }));
  await userEvent.type(form.getByLabelText(/Largest payload/), "64");
  await userEvent.click(form.getByText("Pace, order and retries"));
  await userEvent.type(form.getByLabelText("A second"), "5");
  await userEvent.type(form.getByLabelText("Retries"), "10, 60");
  await userEvent.click(form.getByText("Headers and client certificate"));
  await userEvent.type(form.getByLabelText("Headers"), "Authorization: Bearer x");
  await userEvent.click(form.getByRole("button", { name: "Add endpoint" }));
  expect(await screen.findByText("k".repeat(64))).toBeTruthy();
  expect(writes()).toEqual([{ what: "POST /v1/projects/proj_1/endpoints", body: {
    url: "https://new.example/hook", description: "", event_types: ["ACCOUNT_*", "trigger.emitted"], payload: "raw", inline_limit: 64 * 1024, signatures: ["standard-webhooks"], timeout_ms: 10_000,
    concurrency: 16, rate_per_second: 5, retries: true, retry_waits: [10, 60], ordering: "none", ordering_path: "", on_exhausted: "block", headers: { Authorization: "Bearer x" },
  } }]);
}, 20_000);

it("sends once and in the order of a field, if that is said", async () => {
  const writes = server(endpoint);
  await at("endpoints");
  await userEvent.click(await screen.findByRole("button", { name: "Add an endpoint" }));
  const form = within(await screen.findByRole("dialog"));
  await userEvent.type(form.getByLabelText("URL"), "https://new.example/hook");
  await userEvent.click(form.getByText("Pace, order and retries"));
  await userEvent.click(form.getByRole("switch", { name: /Try again/ }));
  expect(form.queryByLabelText("Retries")).toBeNull();
  await userEvent.click(form.getByRole("radio", { name: "By a field" }));
  expect(form.getByText(/Say where in the body/)).toBeTruthy();
  await userEvent.type(form.getByLabelText("Place of the field"), "/body/customer/id");
  await userEvent.click(form.getByRole("button", { name: "Add endpoint" }));
  await waitFor(() => expect(writes()).toHaveLength(1));
  const { body } = writes()[0] as { body: Record<string, unknown> };
  expect(body).toMatchObject({ retries: false, ordering: "field", ordering_path: "/body/customer/id" });
  expect(body).not.toHaveProperty("retry_waits");
}, 20_000);

it("says what is wrong before it asks the server, and after", async () => {
  const writes = server(endpoint, (s) => (s.method === "POST" ? { status: 400, body: { error: "This address may not be reached.", code: "address_blocked", details: {} } } : undefined));
  await at("endpoints");
  await userEvent.click(await screen.findByRole("button", { name: "Add an endpoint" }));
  const form = within(await screen.findByRole("dialog"));
  await userEvent.type(form.getByLabelText("URL"), "https://10.0.0.1/");
  await userEvent.click(form.getByText("Pace, order and retries"));
  await userEvent.type(form.getByLabelText("Retries"), "soon");
  expect(form.getByRole("alert").textContent).toBe("“soon” is no number of seconds.");
  expect(form.getByRole<HTMLButtonElement>("button", { name: "Add endpoint" }).disabled).toBe(true);
  await userEvent.clear(form.getByLabelText("Retries"));
  await userEvent.click(form.getByRole("button", { name: "Add endpoint" }));
  await waitFor(() => expect(form.getByRole("alert").textContent).toContain("This address may not be reached."));
  expect(writes()).toHaveLength(1);
}, 20_000);

it("changes an endpoint: headers are removed by name and never shown", async () => {
  const writes = server(endpoint);
  await at("one");
  expect(await screen.findByText("X-Api-Key: ••••••••")).toBeTruthy();
  await userEvent.click(screen.getByRole("button", { name: "Edit" }));
  const form = within(await screen.findByRole("dialog"));
  await userEvent.click(form.getByText("Headers and client certificate"));
  await userEvent.click(form.getByRole("checkbox", { name: /Remove X-Api-Key/ }));
  await userEvent.click(form.getByRole("button", { name: "Save endpoint" }));
  await waitFor(() => expect(writes()).toHaveLength(1));
  expect(writes()[0]!.what).toContain("PATCH /v1/projects/proj_1/endpoints/whk_1?unchanged_since=");
  expect((writes()[0]!.body as { headers: unknown }).headers).toEqual({ "X-Api-Key": null });
});

it("asks what becomes of what waits when an endpoint is enabled", async () => {
  const writes = server({ ...endpoint, status: "disabled", disabled_reason: "failing", failing_since: "2026-11-16T12:00:00Z", waiting: 1_204 });
  await at("one");
  const trouble = within((await screen.findByText("Nothing is sent to this endpoint")).closest("section")!);
  expect(trouble.getByText(/nothing arrived for five days/)).toBeTruthy();
  expect(trouble.getByText(/1,204 deliveries wait/)).toBeTruthy();
  await userEvent.click(trouble.getByRole("button", { name: /enable/ }));
  const ask = within(await screen.findByRole("dialog"));
  await userEvent.click(ask.getByRole("radio", { name: "Discard them" }));
  await userEvent.click(ask.getByRole("button", { name: "Enable and discard" }));
  await waitFor(() => expect(writes()).toEqual([{ what: "POST /v1/projects/proj_1/endpoints/whk_1/enable", body: { waiting: "discard" } }]));
});

it("sends a test and shows what came of it", async () => {
  const outcome = { delivered: false, event_id: "evt_1", status: 401, error: "status", duration_ms: 12, remote_address: "203.0.113.7:443", request_headers: { "Webhook-Id": "evt_1" }, request_body: "{}", response_headers: {}, response_excerpt: "wrong signature" };
  const writes = server(endpoint, (s) => (s.path.endsWith("/test") ? { body: outcome } : undefined));
  await at("one");
  await userEvent.click(await screen.findByRole("button", { name: "Send test" }));
  expect(await screen.findByText("It did not arrive")).toBeTruthy();
  expect(screen.getByText("203.0.113.7:443")).toBeTruthy();
  expect(screen.getByText("wrong signature")).toBeTruthy();
  expect(writes()).toEqual([{ what: "POST /v1/projects/proj_1/endpoints/whk_1/test", body: { event_type: "ACCOUNT_DEAD" } }]);
});

it("shows the catalogue, platform events apart", async () => {
  server(endpoint);
  await renderAt(<EventTypesPage />, "/projects/proj_1/development/event-types");
  expect(await screen.findByText("ACCOUNT_DEAD")).toBeTruthy();
  const platform = within(screen.getByRole("heading", { name: "Platform events" }).closest("section")!);
  expect(platform.getByText("ENDPOINT_FAILING")).toBeTruthy();
  expect(platform.queryByText("ACCOUNT_DEAD")).toBeNull();
});
