import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, it, vi } from "vitest";
import { fakeFetch, renderAt } from "@/testing/render";
import { DeliveryPage } from "./DeliveryPage";

afterEach(() => vi.unstubAllGlobals());

const delivery = {
  id: "dlv_1", event_id: "evt_1", webhook_id: "evt_1", event_type: "order.made", subject_id: "hi_1", external_user_id: "", endpoint_id: `whk_${"0".repeat(26)}`, url: "https://x.test/hook", level: "project", state: "exhausted",
  attempts: 2, last_status: 503, last_error: "status", next_attempt_at: null, created_at: "2026-05-01T12:00:00Z", finished_at: "2026-05-02T12:00:00Z",
};
const attempt = { number: 1, started_at: "2026-05-01T12:00:00Z", duration_ms: 84, status: 503, error: "status", remote_address: "203.0.113.7:443", request_headers: { "webhook-id": "evt_1", authorization: "****" }, response_headers: { server: "nginx" }, response_excerpt: "away for lunch" };

it("offers what is too large to be shown", async () => {
  const large = { url: "https://patchbay.test/payloads/x", size: 614_400, sha256: "0", content_type: "application/json", expires_at: "2026-05-03T12:00:00Z" };
  fakeFetch(() => ({ body: { delivery, payload: "", payload_reference: large, attempts: [] } }));
  await renderAt(<DeliveryPage />, "/projects/proj_1/development/deliveries/dlv_1", "/projects/$projectId/$environment/deliveries/$deliveryId");
  expect(await screen.findByText(/600 KiB/)).toBeTruthy();
  expect(screen.getByRole("link", { name: "Download it" }).getAttribute("href")).toBe(large.url);
});

it("shows an attempt in full", async () => {
  fakeFetch(() => ({ body: { delivery, payload: "{}", attempts: [attempt, { ...attempt, number: 2, status: null, error: "blocked_address", remote_address: null, request_headers: {}, response_headers: {}, response_excerpt: "" }] } }));
  await renderAt(<DeliveryPage />, "/projects/proj_1/development/deliveries/dlv_1", "/projects/$projectId/$environment/deliveries/$deliveryId");
  await userEvent.click(await screen.findByRole("button", { name: "Attempt 1 in full" }));
  let drawer = await screen.findByRole("dialog", { name: "Attempt 1" });
  for (const shown of ["away for lunch", "203.0.113.7:443", "webhook-id", "****", "nginx"]) expect(within(drawer).getByText(shown)).toBeTruthy();
  await userEvent.click(within(drawer).getByRole("button", { name: "Close" }));
  await userEvent.click(screen.getByRole("button", { name: "Attempt 2 in full" }));
  drawer = await screen.findByRole("dialog", { name: "Attempt 2" });
  for (const shown of ["Nothing came back.", "no address was reached", "None were recorded."]) expect(within(drawer).getByText(shown)).toBeTruthy();
  expect(within(drawer).getByText("Blocked address")).toBeTruthy();
});
