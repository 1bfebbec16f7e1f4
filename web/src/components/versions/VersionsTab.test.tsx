import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it, vi } from "vitest";
import type { Workflow } from "@/api/types";
import { fakeFetch, renderAt, type Sent } from "@/testing/render";
import { DeployDialog } from "./DeployDialog";
import { VersionsTab } from "./VersionsTab";

const definition = (url: string) => ({ name: "Sync", steps: [{ name: "get", type: "http_request", method: "GET", url }] });
const workflow = {
  id: "p_1", name: "Sync", active: true, version: 2, draft: definition("https://x.example/2"), draft_differs: false, created_at: "2026-01-01T00:00:00Z", updated_at: "2026-01-01T00:00:00Z",
  endpoint: { endpoint_id: "eo1", url: "http://localhost/w/eo1", host_url: "http://eo1.localhost", auth: "oauth" },
} as Workflow;
const version = (n: number, message: string) => ({ version: n, running: n === 2, canary_percent: 0, author: "Robin", message, created_at: "2026-01-01T00:00:00Z" });
const changes = [{ path: "steps.get.url", kind: "changed", before: "a", after: "b", text: "~ steps.get.url" }];

function answer(s: Sent) {
  if (s.path.includes("/diff")) return { body: { changes } };
  if (s.path.includes("/readiness")) return { body: { score: 50, checks: [{ code: "owner", done: false, concerns: true, text: "It says who is asked." }, { code: "auth", done: true, concerns: true, text: "Callers are authenticated." }] } };
  const one = /\/versions\/(\d)$/.exec(s.path)?.[1];
  if (one) return { body: { version: version(Number(one), ""), definition: definition(`https://x.example/${one}`) } };
  if (s.path.includes("/versions")) return { body: { data: [version(2, "To where it belongs"), version(1, "The first one")], page_info: { total_count: 2, count: 2, start_cursor: null, end_cursor: null } } };
  if (s.path.includes("/clients")) return { body: { data: [] } };
  return { body: workflow };
}

it("shows the versions, and how two of them differ", async () => {
  fakeFetch(answer);
  const edit = vi.fn();
  await renderAt(<VersionsTab workflow={workflow} draft="" changed={() => {}} edit={edit} />);
  const list = await screen.findByRole("list", { name: "Versions" });
  expect(within(list).getByText("To where it belongs")).toBeTruthy();
  expect((await screen.findAllByRole("table", { name: "From Version 1 to Version 2" }))[0]?.textContent).toMatch(/x\.example\/1.*x\.example\/2/);
  await userEvent.click(screen.getByRole("button", { name: "Edit version 1" }));
  await waitFor(() => expect(edit).toHaveBeenCalledWith(expect.objectContaining({ name: "Sync" }), 1));
});

it("goes back to a version, and tries one on a share, once that is confirmed", async () => {
  const sent = fakeFetch(answer);
  const changed = vi.fn();
  await renderAt(<VersionsTab workflow={workflow} draft="" changed={changed} edit={() => {}} />);
  await userEvent.click(await screen.findByRole("button", { name: "Go back to version 1" }));
  const asks = await screen.findByRole("alertdialog");
  expect(await within(asks).findByText("steps.get.url")).toBeTruthy();
  expect(sent.filter((s) => s.method === "PUT")).toEqual([]);
  await userEvent.click(within(asks).getByRole("button", { name: "Run version 1" }));
  await waitFor(() => expect(changed).toHaveBeenCalledTimes(1));
  expect(JSON.parse(sent.find((s) => s.method === "PUT")!.body)).toEqual({ version: 1 });

  await userEvent.click(screen.getByRole("button", { name: "Try version 1" }));
  const share = await screen.findByRole("dialog");
  await userEvent.clear(within(share).getByLabelText("Share of the new runs"));
  expect(within(share).getByRole("button", { name: /^Give it/ })).toHaveProperty("disabled", true);
  await userEvent.type(within(share).getByLabelText("Share of the new runs"), "25");
  await userEvent.click(within(share).getByRole("button", { name: "Give it 25 %" }));
  await waitFor(() => expect(changed).toHaveBeenCalledTimes(2));
  expect(JSON.parse(sent.filter((s) => s.method === "PUT")[1]!.body)).toEqual({ version: 2, canary: { version: 1, percent: 25 } });
});

it("chooses for who has seen what runs: a draft saved meanwhile is no matter, another choice is", async () => {
  let there = { ...workflow, draft: definition("https://x.example/3"), updated_at: "2026-01-02T00:00:00Z" } as Workflow;
  const sent = fakeFetch((s) => {
    if (s.method === "PUT" && !s.path.includes(encodeURIComponent(there.updated_at))) return { status: 409, body: { error: "This was changed meanwhile.", code: "changed_meanwhile" } };
    return s.method === "PUT" || s.path.endsWith("/workflows/p_1") ? { body: there } : answer(s);
  });
  const changed = vi.fn();
  await renderAt(<VersionsTab workflow={workflow} draft="" changed={changed} edit={() => {}} />);
  const goBack = async () => {
    await userEvent.click(await screen.findByRole("button", { name: "Go back to version 1" }));
    await userEvent.click(within(await screen.findByRole("alertdialog")).getByRole("button", { name: "Run version 1" }));
  };
  await goBack();
  await waitFor(() => expect(changed).toHaveBeenCalledTimes(1));
  there = { ...there, version: 3, updated_at: "2026-01-03T00:00:00Z" };
  await goBack();
  expect(await screen.findByText("This was changed meanwhile.")).toBeTruthy();
  expect([changed.mock.calls.length, sent.filter((s) => s.method === "PUT").length]).toEqual([1, 3]);
});

it("says at a deployment what changes and what is left to do, and sends why", async () => {
  const sent = fakeFetch(answer);
  const done = vi.fn();
  await renderAt(<DeployDialog workflow={{ ...workflow, draft_differs: true }} close={() => {}} done={done} />);
  const asks = await screen.findByRole("dialog", { name: "Deploy the draft?" });
  expect(await within(asks).findByText("steps.get.url")).toBeTruthy();
  expect(await within(asks).findByText("1 of 2 left to do")).toBeTruthy();
  await userEvent.type(within(asks).getByLabelText("Why"), "Faster");
  await userEvent.click(within(asks).getByRole("button", { name: "Deploy" }));
  await waitFor(() => expect(done).toHaveBeenCalled());
  expect(JSON.parse(sent.find((s) => s.method === "POST")!.body)).toEqual({ message: "Faster" });
});
