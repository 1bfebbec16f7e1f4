import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, it, vi } from "vitest";
import { fakeFetch, renderAt } from "@/testing/render";
import { RequestPage } from "./RequestPage";
import { RequestsPage } from "./RequestsPage";

afterEach(() => vi.unstubAllGlobals());

const one = {
  id: "preq_1", request_id: "req_1", account_id: "apn_1", external_user_id: "ada", app: "slack", method: "POST", host: "slack.com", path: "/api/chat?channel=", status: 200, error: null,
  duration_ms: 41, bytes_in: 1200, bytes_out: 7, refreshed: true, retried: true, redirects: 1, created_at: "2026-05-01T12:00:00Z",
};
const list = (data: unknown[]) => ({ body: { data, page_info: { total_count: data.length, count: data.length, start_cursor: null, end_cursor: null } } });

it("lists requests and asks for what the filters say", async () => {
  const sent = fakeFetch(() => list([one, { ...one, id: "preq_2", host: "", path: "", status: 429, error: "app_rate_limited" }]));
  await renderAt(<RequestsPage />, "/projects/proj_1/development/requests?status=4xx&account=apn_1");
  expect(await screen.findByText("slack.com/api/chat?channel=", { exact: false })).toBeTruthy();
  expect(screen.getByText("app rate limited")).toBeTruthy();
  expect(screen.getByText("nothing was sent", { exact: false })).toBeTruthy();
  expect(sent[0]?.path).toBe("/v1/projects/proj_1/requests?status=4xx&account_id=apn_1");
  await userEvent.click(screen.getByRole("button", { name: "Clear" }));
  await vi.waitFor(() => expect(sent.at(-1)?.path).toBe("/v1/projects/proj_1/requests"));
});

it("shows what happened on the way, and kept bodies", async () => {
  fakeFetch(() => ({ body: { request: one, request_body: { type: "application/json", text: '{"token":"[redacted]"}', omitted: "" }, response_body: { type: "image/png", text: "", omitted: "not_text" } } }));
  await renderAt(<RequestPage />, "/projects/proj_1/development/requests/preq_1");
  expect(await screen.findByText("token refreshed, sent a second time, one redirect followed")).toBeTruthy();
  expect(screen.getByText("1,200 bytes")).toBeTruthy();
  expect(screen.getByText(/\[redacted\]/)).toBeTruthy();
  expect(screen.getByText("It was no text, so it was not kept.")).toBeTruthy();
});
