import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, it, vi } from "vitest";
import { fakeFetch, renderAt } from "@/testing/render";
import { DeliveriesPage } from "./DeliveriesPage";

afterEach(() => vi.unstubAllGlobals());

const list = (data: unknown[]) => ({ body: { data, page_info: { total_count: data.length, count: data.length, start_cursor: null, end_cursor: null } } });
const endpoint = `whk_${"0".repeat(26)}`;
const replay = { id: "rpl_1", status: "running", filter: {}, to_endpoint_id: endpoint, again: true, new_ids: false, rate: 5, total: 40, done: 12, queued: 10, created_at: "2026-05-03T12:00:00Z", finished_at: null };

async function show(search = "", replays: unknown[] = []) {
  const sent = fakeFetch((s) => {
    if (s.path.endsWith("/count")) return { body: { total: s.body.includes("to_endpoint_id") ? 40 : 7 } };
    if (s.path.includes("/endpoints")) return list([{ id: endpoint, url: "https://x.test/", description: "Orders" }]);
    if (s.path.includes("/replays")) return s.method === "POST" ? { status: 202, body: replay } : s.path.includes("rpl_1") ? { body: replay } : list(replays);
    return list([]);
  });
  await renderAt(<DeliveriesPage />, `/projects/proj_1/development/deliveries${search}`);
  return sent;
}

it("asks for what the address says, and forgets it when told to", async () => {
  const sent = await show("?state=delivered&since=2026-05-01T12:00Z&endpoint=nonsense");
  await waitFor(() => expect(sent.some((s) => s.path.includes("/deliveries?"))).toBe(true));
  const query = (at: number) => Object.fromEntries(new URLSearchParams(sent.filter((s) => s.path.includes("/deliveries")).at(at)?.path.split("?")[1]));
  expect(query(0)).toEqual({ state: "delivered", since: "2026-05-01T12:00:00.000Z" });
  await userEvent.click(screen.getByRole("button", { name: "Clear" }));
  await waitFor(() => expect(query(-1)).toEqual({}));
  expect(await screen.findByText("No deliveries yet")).toBeTruthy();
});

it("sends events to an endpoint that they never went to", async () => {
  const sent = await show("?event=order.made&status=5xx");
  await userEvent.click(await screen.findByRole("button", { name: "Send again …" }));
  const dialog = await screen.findByRole("dialog", { name: "Send again" });
  expect(await within(dialog).findByRole("button", { name: "Send 7 again" })).toBeTruthy();
  (await within(dialog).findByRole("combobox", { name: "Send to" })).focus();
  await userEvent.keyboard("{Enter}");
  await userEvent.click(await screen.findByRole("option", { name: "Orders" }));
  await userEvent.click(within(dialog).getByRole("switch", { name: /has arrived/ }));
  await userEvent.click(within(dialog).getByRole("switch", { name: /new ids/ }));
  await userEvent.click(await within(dialog).findByRole("button", { name: "Send 40 again" }));
  await waitFor(() => expect(sent.some((s) => s.method === "POST" && s.path.endsWith("/replays"))).toBe(true));
  expect(JSON.parse(sent.find((s) => s.method === "POST" && s.path.endsWith("/replays"))!.body)).toEqual({ filter: { event_type: "order.made" }, to_endpoint_id: endpoint, again: true, new_ids: true, rate: 50 });
  expect(await within(dialog).findByText("12 of 40")).toBeTruthy();
});

it("shows replays that are under way", async () => {
  await show("", [replay, { ...replay, id: "rpl_0", status: "finished", finished_at: "2026-05-03T12:00:00Z" }]);
  expect(await screen.findByText("2 passed over")).toBeTruthy();
  expect(screen.getAllByRole("progressbar")).toHaveLength(1);
});
