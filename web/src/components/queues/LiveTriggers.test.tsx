import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it } from "vitest";
import type { Workflow } from "@/api/types";
import { fakeFetch, renderAt, type Sent } from "@/testing/render";
import { LiveTriggers } from "./LiveTriggers";

const workflow = { id: "p_1", version: 2 } as Workflow;
const base = { environment: "development", active: true, running: true, email_address: null, deployed: 0, next_at: [], fired_at: null, error: null };
const nightly = { ...base, name: "nightly", type: "schedule", next_at: ["2099-01-01T02:30:00Z", "2099-01-02T02:30:00Z"] };
const mail = { ...base, name: "mail", type: "email", email_address: "x7@in.example.com", running: false };
const deals = { ...base, name: "deals", type: "app_event", active: false, running: false, error: "Too many events came at once." };
const firing = { id: "fir_1", due_at: "2026-01-01T02:30:00Z", external_user_id: "ada", state: "skipped", reason: "user_off", run_id: null };

async function open(all: object[] = [nightly, mail, deals], answer?: (s: Sent) => { status?: number; body?: unknown } | undefined) {
  const sent = fakeFetch((s) => {
    const own = answer?.(s);
    if (own) return own;
    if (s.path.endsWith("/firings")) return { body: { data: [firing, { ...firing, id: "fir_2", state: "fired", reason: null, run_id: "run_0123456789" }] } };
    if (s.path.includes("/users")) return { body: { data: [], page_info: { total_count: 0, count: 0, start_cursor: null, end_cursor: null } } };
    if (s.path.endsWith("/run")) return { status: 202, body: { run_id: "run_1" } };
    if (s.method === "PATCH") return { body: nightly };
    return { body: { data: all } };
  });
  await renderAt(<LiveTriggers workflow={workflow} />);
  const list = await screen.findByRole("list", { name: "Triggers of the running version" });
  const asked = (part: string) => sent.some((s) => s.path.includes(part));
  return { list, asked, user: userEvent.setup(), changes: () => sent.filter((s) => s.method !== "GET").map((s) => [s.method, s.path.split("/triggers/")[1], JSON.parse(s.body || "{}") as unknown]) };
}

it("teaches what stands here before a version runs", async () => {
  const sent = fakeFetch(() => ({ body: { data: [] } }));
  await renderAt(<LiveTriggers workflow={{ ...workflow, version: 0 }} />);
  expect(screen.getByText("Nothing starts it yet")).toBeTruthy();
  expect(sent).toEqual([]);
});

it("says of each whether it is on, where it is and what is wrong with it", async () => {
  const { list } = await open();
  const [schedule, letter, event] = within(list).getAllByRole("listitem").filter((li) => li.parentElement === list) as [HTMLElement, HTMLElement, HTMLElement];
  expect(within(schedule).getByText("On")).toBeTruthy();
  expect([...within(schedule).getByRole("list", { name: "Next due times" }).querySelectorAll("time")].map((t) => t.dateTime)).toEqual(nightly.next_at.map((t) => new Date(t).toISOString()));
  expect(within(letter).getByText("x7@in.example.com")).toBeTruthy();
  expect(letter.textContent).toContain("It is off in the definition, or the workflow is.");
  expect(within(event).getByText("Too many events came at once.")).toBeTruthy();
  expect(within(event).queryByRole("button", { name: /^Run now/ })).toBeNull();
});

it("switches one on and off by itself", async () => {
  const { user, changes } = await open();
  await user.click(screen.getByRole("button", { name: "Switch off: nightly" }));
  await user.click(screen.getByRole("button", { name: "Switch on: deals" }));
  await waitFor(() => expect(changes()).toEqual([["PATCH", "nightly", { active: false }], ["PATCH", "deals", { active: true }]]));
});

it("runs a schedule now, for a user where it asks for one", async () => {
  const { user, changes, asked } = await open(undefined, (s) => (s.path.endsWith("/run") && s.body === "{}" ? { status: 400, body: { error: "This trigger fires for each user: say for whom.", code: "external_user_required" } } : undefined));
  await user.click(screen.getByRole("button", { name: "Run now: nightly" }));
  const dialog = await screen.findByRole("dialog", { name: "Run nightly now?" });
  await user.click(within(dialog).getByRole("button", { name: "Run now" }));
  expect((await within(dialog).findByRole("alert")).textContent).toContain("say for whom");
  await user.type(within(dialog).getByRole("combobox", { name: "User" }), "ada");
  await waitFor(() => expect(asked("/users?q=ada")).toBe(true)); // what was typed rests, and is known from then on
  await user.click(within(dialog).getByRole("button", { name: "Run now" }));
  await waitFor(() => expect(changes().at(-1)).toEqual(["POST", "nightly/run", { external_user_id: "ada" }]));
});

it("tells what became of due times", async () => {
  const { user } = await open();
  const history = screen.getByRole("button", { name: "What became of it: nightly" });
  expect(history.getAttribute("aria-expanded")).toBe("false");
  await user.click(history);
  const table = await screen.findByRole("table", { name: "Due times of nightly" });
  expect(within(table).getByText("user off")).toBeTruthy();
  expect(within(table).getByText("Skipped")).toBeTruthy();
  expect(within(table).getByRole("link", { name: "…23456789" }).getAttribute("href")).toContain("/runs/run_0123456789");
});
