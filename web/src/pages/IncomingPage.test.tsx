import { fireEvent, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, it, vi } from "vitest";
import { fakeFetch, renderAt } from "@/testing/render";
import { IncomingPage } from "./IncomingPage";

afterEach(() => vi.unstubAllGlobals());

const counts = { received: 9, accepted: 5, duplicate: 1, filtered: 0, invalid: 0, unrouted: 3, refused: 0, rejected: 2, last_rejected_at: null };
const address = { id: "aad_1", app: "slack", oauth_app_id: null, url: "https://hooks.test/e/en9", route: [], secrets_set: 1, waiting: 1, counts, created_at: "2026-11-21T10:00:00Z", updated_at: "2026-11-21T10:00:00Z" };
const letter = { id: "inl_1", address_id: "aad_1", reason: "no_account", said: "T9", request: {}, state: "waiting", created_at: "2026-11-21T10:00:00Z", resolved_at: null };
const pageInfo = { total_count: 1, count: 1, start_cursor: null, end_cursor: null };

it("shows what waits and why, sends it on its way, and says when there is still nobody", async () => {
  let first = true;
  const sent = fakeFetch((s) => {
    if (s.path.includes("/resolve")) {
      if (!first) return { body: { data: { ...letter, state: "requeued" } } };
      first = false;
      return { status: 409, body: { error: "There is still nobody whom the request is for.", code: "still_unrouted", details: {} } };
    }
    if (s.path.includes("/inbound_letters")) return { body: { data: [letter], page_info: pageInfo } };
    return { body: { data: [address] } };
  });
  await renderAt(<IncomingPage />, "/projects/proj_1/development/incoming");
  expect(await screen.findByText("https://hooks.test/e/en9")).toBeTruthy();
  expect(await screen.findByText("Nobody has connected it")).toBeTruthy();
  expect(screen.getByText("T9")).toBeTruthy();
  await userEvent.click(screen.getByRole("button", { name: "Try again" }));
  expect(await screen.findByText("There is still nobody whom the request is for.")).toBeTruthy();
  await userEvent.click(screen.getByRole("button", { name: "Try again" }));
  expect(await screen.findByText("On its way")).toBeTruthy();
  expect(sent.filter((s) => s.path.includes("/inbound_letters/inl_1/resolve")).map((s) => s.body)).toEqual(['{"action":"requeue"}', '{"action":"requeue"}']);
});

it("makes an address, and shows no secret again", async () => {
  const sent = fakeFetch((s) => {
    if (s.path.includes("/inbound_letters")) return { body: { data: [], page_info: { ...pageInfo, total_count: 0, count: 0 } } };
    return { body: { data: s.method === "POST" ? address : [] }, status: s.method === "POST" ? 201 : 200 };
  });
  await renderAt(<IncomingPage />, "/projects/proj_1/development/incoming");
  fireEvent.change(await screen.findByLabelText("App"), { target: { value: "slack" } });
  fireEvent.change(screen.getByLabelText("Secret"), { target: { value: "hush" } });
  await userEvent.click(screen.getByRole("button", { name: "Make the address" }));
  await waitFor(() => expect(sent.find((s) => s.method === "POST")?.body).toBe('{"app":"slack","secrets":["hush"]}'));
  await waitFor(() => expect((screen.getByLabelText("Secret") as HTMLInputElement).value).toBe(""));
});
