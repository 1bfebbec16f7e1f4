import { fireEvent, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, it, vi } from "vitest";
import { fakeFetch, renderAt } from "@/testing/render";
import { AppAddressPage } from "./AppAddressPage";
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
  expect(await screen.findByText("slack")).toBeTruthy();
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

it("shows an address: whom its events are for, what came, and its letters alone", async () => {
  const sent = fakeFetch((s) => {
    if (s.path.includes("/inbound_letters")) return { body: { data: [letter], page_info: pageInfo } };
    return { body: { data: s.method === "PUT" ? address : [{ ...address, route: [{ json: "/team_id", equals: "var.team_id" }] }, { ...address, id: "aad_2", app: "github" }] } };
  });
  await renderAt(<AppAddressPage />, "/projects/proj_1/development/incoming/aad_1", "/projects/$projectId/$environment/incoming/$addressId");
  expect(await screen.findByText("https://hooks.test/e/en9")).toBeTruthy();
  for (const shown of ["/team_id", "var.team_id", "1 wait"]) expect(screen.getByText(shown)).toBeTruthy();
  await waitFor(() => expect(sent.some((s) => s.path.includes("/inbound_letters") && s.path.includes("address_id=aad_1") && s.path.includes("state=waiting"))).toBe(true));
  await userEvent.click(await screen.findByRole("button", { name: "Nobody has connected it" }));
  expect(await screen.findByRole("dialog", { name: "Nobody has connected it" })).toBeTruthy();
  await userEvent.keyboard("{Escape}");
  fireEvent.change(screen.getByLabelText("What the app signs its events with"), { target: { value: "hush" } });
  await userEvent.click(screen.getByRole("button", { name: "Replace" }));
  await waitFor(() => expect(JSON.parse(sent.find((s) => s.method === "PUT")?.body ?? "{}")).toEqual({ route: [{ json: "/team_id", equals: "var.team_id" }], secrets: ["hush"] }));
});

it("says that an address is gone", async () => {
  fakeFetch(() => ({ body: { data: [] } }));
  await renderAt(<AppAddressPage />, "/projects/proj_1/development/incoming/aad_9", "/projects/$projectId/$environment/incoming/$addressId");
  expect(await screen.findByText("There is no such address any more.")).toBeTruthy();
});
