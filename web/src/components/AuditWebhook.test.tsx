import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, it, vi } from "vitest";
import { fakeFetch, renderAt } from "@/testing/render";
import { AuditWebhook } from "./AuditWebhook";

afterEach(() => vi.unstubAllGlobals());

const at = "2026-05-01T00:00:00Z";
const webhook = {
  id: "awh_1", url: "https://siem.example.com/in", status: "active", paused_reason: null, paused_at: null, sent_seq: 1200, last_sent_at: at, waiting: 3, missed: 0, lost: 0, failures: 0, failing_since: null, next_attempt_at: null,
  last_status: 200, last_error: null, last_excerpt: "", previous_key_until: null, created_at: at, updated_at: at,
};

it("is set up with an address and where to begin, and shows the key once", async () => {
  const sent = fakeFetch((s) => (s.method === "PUT" ? { body: { data: { ...webhook, signing_key: "k3y", standard_secret: "whsec_x" } } } : { body: { data: null } }));
  await renderAt(<AuditWebhook />);
  await userEvent.click(await screen.findByRole("button", { name: "Set up" }));
  await userEvent.type(screen.getByLabelText("Address"), "https://siem.example.com/in");
  await userEvent.click(screen.getByRole("radio", { name: "From the beginning" }));
  await userEvent.click(screen.getByRole("button", { name: "Send the log there" }));
  expect(await screen.findByText("k3y")).toBeTruthy();
  const put = sent.find((s) => s.method === "PUT")!;
  expect(put.path).toBe("/v1/audit_log/webhook");
  expect(JSON.parse(put.body)).toEqual({ url: "https://siem.example.com/in", start: "beginning" });
});

it("says how it goes, and what failed", async () => {
  fakeFetch(() => ({ body: { data: { ...webhook, status: "failing", failures: 2, failing_since: at, next_attempt_at: at, last_status: 503, last_error: "status", last_excerpt: "no room", missed: 40, lost: 2 } } }));
  await renderAt(<AuditWebhook />);
  expect(await screen.findByText("Failing")).toBeTruthy();
  expect(screen.getByText(/entry 1,200/)).toBeTruthy();
  expect(screen.getByText("3 entries")).toBeTruthy();
  expect(screen.getByText("503")).toBeTruthy();
  expect(screen.getByText("no room")).toBeTruthy();
  expect(screen.getByText(/^42 entries/)).toBeTruthy();
});

it("pauses what the reader saw, resumes it, and sends a test", async () => {
  let now: object = webhook;
  const sent = fakeFetch((s) => {
    if (s.path.includes("/test")) return { body: { delivered: false, id: "awb_1", status: 418, error: "status", duration_ms: 12, request_body: "{}", response_excerpt: "a teapot" } };
    if (s.path.includes("/pause")) now = { ...webhook, status: "paused", paused_reason: "manual", paused_at: at };
    if (s.path.includes("/resume")) now = webhook;
    return { body: { data: now } };
  });
  await renderAt(<AuditWebhook />);
  await userEvent.click(await screen.findByRole("button", { name: "Pause" }));
  await userEvent.click(screen.getByRole("button", { name: "Pause" }));
  expect(await screen.findByText(/It was paused by hand/)).toBeTruthy();
  expect(sent.find((s) => s.method === "POST")?.path).toBe(`/v1/audit_log/webhook/pause?unchanged_since=${encodeURIComponent(at)}`);
  await userEvent.click(screen.getByRole("button", { name: "Resume" }));
  await userEvent.click(screen.getByRole("button", { name: "Resume" }));
  await waitFor(() => expect(screen.getByText("Active")).toBeTruthy());
  await userEvent.click(screen.getByRole("button", { name: "Test" }));
  await userEvent.click(screen.getByRole("button", { name: "Send test" }));
  expect(await screen.findByText("It did not arrive")).toBeTruthy();
  expect(screen.getByText("418")).toBeTruthy();
});
