import { fireEvent, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it, vi } from "vitest";
import { fakeFetch, renderAt } from "@/testing/render";
import { TestDialog } from "./TestDialog";

const page_info = { total_count: 1, count: 1, start_cursor: null, end_cursor: null };
const run = (id: string) => ({ id, status: "succeeded", test: false, created_at: "2026-01-01T10:00:00Z" });
type Props = Partial<Parameters<typeof TestDialog>[0]>;

async function open(props: Props = {}, runs = [run("run_1")], refused?: { status: number; body: object }) {
  const sent = fakeFetch((s) => (s.method === "POST" ? (refused ?? { status: 202, body: { ...run("run_2"), test: true } }) : { body: { data: s.path.includes("/users") ? [] : runs, page_info } }));
  const told = { began: vi.fn(), close: vi.fn() };
  await renderAt(<TestDialog workflowId="p_1" user="" setUser={() => {}} {...told} {...props} />);
  const event = () => screen.queryByLabelText("Event");
  return { ...told, event, user: userEvent.setup(), run: () => userEvent.click(screen.getByRole("button", { name: "Run the test" })), sent: () => sent.filter((s) => s.method === "POST").map((s) => [s.path, JSON.parse(s.body) as unknown]) };
}
const at = "/v1/projects/proj_1/workflows/p_1/test";

it("tests the draft with an event of one's own", async () => {
  const d = await open({ user: "ada" });
  fireEvent.change(d.event()!, { target: { value: '{"n": 1}' } });
  await d.run();
  await waitFor(() => expect(d.sent()).toEqual([[at, { event: { n: 1 }, external_user_id: "ada" }]]));
  await waitFor(() => expect(d.close).toHaveBeenCalledOnce());
  expect(d.began).toHaveBeenCalledWith(expect.objectContaining({ id: "run_2" }));
});

it.each(["{", "[1]", '"text"'])("does not send %s as an event, and stays open", async (text) => {
  const d = await open();
  fireEvent.change(d.event()!, { target: { value: text } });
  await d.run();
  expect((await screen.findByRole("alert")).textContent).toMatch(/^The event is not (JSON|an object)/);
  expect(d.sent()).toEqual([]);
  expect(d.close).not.toHaveBeenCalled();
});

it("tests up to a step with the event of the run that is shown", async () => {
  const d = await open({ upTo: "find", sample: "run_9" });
  expect(screen.getByRole("dialog", { name: "Test up to find" })).toBeTruthy();
  expect(d.event()).toBeNull();
  await d.run();
  await waitFor(() => expect(d.sent()).toEqual([[at, { run_id: "run_9", up_to_step: "find" }]]));
});

it("tests a step alone with what a run had before it", async () => {
  const d = await open({ upTo: "find", only: true });
  await waitFor(() => expect(screen.getByRole("button", { name: "Run the test" })).toHaveProperty("disabled", false));
  await d.run();
  await waitFor(() => expect(d.sent()).toEqual([[at, { run_id: "run_1", up_to_step: "find", from_step: "find" }]]));
});

it("cannot test a step alone before there was a run", async () => {
  const d = await open({ upTo: "find", only: true }, []);
  expect(screen.getByText(/There is none yet: test up to here first/)).toBeTruthy();
  expect(screen.getByRole("button", { name: "Run the test" })).toHaveProperty("disabled", true);
  expect(d.sent()).toEqual([]);
});

it("begins with the event that it was given, whatever is shown", async () => {
  const d = await open({ given: { order: 7 }, sample: "run_9" });
  expect(JSON.parse((d.event() as HTMLTextAreaElement).value)).toEqual({ order: 7 });
});

it("says why a test was refused", async () => {
  const d = await open({}, [], { status: 409, body: { error: "The draft is wrong at steps[0].", code: "definition" } });
  await d.run();
  expect((await screen.findByRole("alert")).textContent).toContain("The draft is wrong at steps[0].");
  expect(d.began).not.toHaveBeenCalled();
});
