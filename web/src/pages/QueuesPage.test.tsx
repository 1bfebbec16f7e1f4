import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it } from "vitest";
import { fakeFetch, renderAt, type Sent } from "@/testing/render";
import { QueuesPage } from "./QueuesPage";

const queue = { workflow_id: "p_1", workflow_name: "Orders", paused_at: null, paused_because: "", waiting: 12, running: 1, blocked: 1, oldest_at: "2026-01-01T00:00:00Z" };
const suspension = {
  run_id: "run_1", workflow_id: "p_2", workflow_name: "Refund", external_user_id: "ada", path: "approve", name: "approve", since: "2026-01-01T00:00:00Z", until: "2026-01-02T00:00:00Z",
  on_timeout: "cancel", resume_url: "https://x.example/r/1", cancel_url: "https://x.example/r/2", form: { title: "Refund 20?", reject: "Refuse", fields: [{ name: "why", type: "text" }] },
};
let queues: object[] = [queue];
let suspensions: object[] = [suspension];

function answer(s: Sent) {
  if (s.path.endsWith("/run_queues")) return { body: { data: queues } };
  if (s.path.endsWith("/run_suspensions")) return { body: { data: suspensions } };
  if (s.path.endsWith("/clear")) return { body: { canceled: 3, more: false } };
  if (s.path.endsWith("/answer")) return { status: 204 };
  if (s.path.endsWith("/run_queues/p_1")) return { body: { queue, keys: [{ key: "k1", waiting: 4, running: 0, blocked: 1, oldest_at: null, blocked_by: "run_0123456789" }] } };
  return { body: queue };
}
const posted = (all: Sent[]) => all.filter((s) => s.method === "POST").map((s) => [s.path.split("/").at(-1), JSON.parse(s.body || "{}") as unknown]);

it("teaches what it is for while nothing waits", async () => {
  [queues, suspensions] = [[], []];
  fakeFetch(answer);
  await renderAt(<QueuesPage />);
  expect(await screen.findByText("Nothing waits")).toBeTruthy();
  expect(await screen.findByText("Nobody is waited for")).toBeTruthy();
  [queues, suspensions] = [[queue], [suspension]];
});

it("pauses a queue with a reason, cancels a part of it, and lets a key go on", async () => {
  const sent = fakeFetch(answer);
  await renderAt(<QueuesPage />);
  const list = await screen.findByRole("list", { name: "Queues" });
  expect(within(list).getByText("Held up")).toBeTruthy();

  await userEvent.click(within(list).getByRole("button", { name: "Pause" }));
  const pause = await screen.findByRole("dialog", { name: "Pause Orders?" });
  await userEvent.type(within(pause).getByLabelText("Why"), "A move");
  await userEvent.click(within(pause).getByRole("button", { name: "Pause" }));
  await waitFor(() => expect(posted(sent)).toEqual([["pause", { reason: "A move" }]]));

  await userEvent.click(await within(list).findByRole("button", { name: "Clear…" }));
  const clear = await screen.findByRole("dialog", { name: /^Cancel what waits/ });
  expect(within(clear).getByRole("button", { name: "Cancel all that wait" })).toBeTruthy();
  await userEvent.type(within(clear).getByLabelText("Only of the user"), "ada");
  await userEvent.click(within(clear).getByRole("button", { name: "Cancel those runs" }));
  await waitFor(() => expect(posted(sent)[1]).toEqual(["clear", { external_user_id: "ada" }]));
  expect(await screen.findByText("3 runs are cancelled")).toBeTruthy();

  await userEvent.click(within(list).getByRole("button", { name: "Keys of Orders" }));
  await userEvent.click(await within(list).findByRole("button", { name: "Let k1 go on" }));
  await userEvent.click(within(await screen.findByRole("alertdialog")).getByRole("button", { name: "Let them go on" }));
  await waitFor(() => expect(posted(sent)[2]).toEqual(["release", { key: "k1" }]));
});

it("answers a step that waits, by hand", async () => {
  const sent = fakeFetch(answer);
  await renderAt(<QueuesPage />);
  const list = await screen.findByRole("list", { name: "Steps that wait for somebody" });
  expect(within(list).getByRole("link", { name: "Refund 20?" })).toBeTruthy();
  expect(list.textContent).toMatch(/then the run ends/);
  await userEvent.click(within(list).getByRole("button", { name: "Answer approve" }));
  const asks = await screen.findByRole("dialog", { name: "Refund 20?" });
  await userEvent.type(within(asks).getByLabelText("why (optional)"), "late");
  await userEvent.click(within(asks).getByRole("button", { name: "Refuse" }));
  await waitFor(() => expect(posted(sent)).toEqual([["answer", { path: "approve", choice: "resume", approved: false, data: { why: "late" } }]]));
});
