import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it } from "vitest";
import { fakeFetch, renderAt, type Sent } from "@/testing/render";
import { WorkflowPage } from "./WorkflowPage";

const draft = {
  name: "Welcome",
  triggers: [{ name: "http", type: "http", auth: "oauth" }],
  steps: [
    { name: "find", type: "http_request", method: "GET", url: "https://x.example/me" },
    { name: "answer", type: "respond", status: 200, body: { id: "{{ steps.find.body.id }}" } },
  ],
};
const workflow = {
  id: "p_1", name: "Welcome", active: true, version: 2, draft, draft_differs: false, created_at: "2026-01-01T00:00:00Z", updated_at: "2026-01-01T00:00:00Z",
  endpoint: { endpoint_id: "eo1", url: "http://localhost/w/eo1", host_url: "http://eo1.localhost", auth: "oauth" },
};
const run = { id: "run_1", workflow_id: "p_1", workflow_name: "Welcome", version: 2, status: "succeeded", external_user_id: "ada", error: null, created_at: "2026-01-01T00:00:00Z", started_at: null, finished_at: null };
const step = { path: "find", name: "find", type: "http_request", status: "succeeded", attempts: 1, wake_at: null, input: {}, output: { status: 200, body: { id: 7, mail: "ada@x.example" } }, error: null, started_at: null, finished_at: null, duration_ms: 12 };
const page_info = { total_count: 1, count: 1, start_cursor: null, end_cursor: null };

function answer(s: Sent): { status?: number; body?: unknown } {
  if (s.path.includes("/runs/run_")) return { body: { run, input: { body: { name: "Ada" } }, steps: [step] } };
  if (s.path.includes("/runs")) return { body: { data: [run], page_info } };
  if (s.path.includes("/components?")) return { body: { data: [{ key: "acme-crm-find-contact", name: "Find contact", app: "acme_crm", component_type: "action", description: "", version: "0.1.0", configurable_props: [], annotations: null, registry: "public" }], page_info } };
  if (s.path.includes("/deployed-triggers/")) return { body: { data: [{ id: "evt_1", ts: 1, e: { order: 7 } }] } };
  if (s.path.endsWith("/test")) return { status: 202, body: { ...run, id: "run_2", test: true } };
  if (s.path.includes("/users")) return { body: { data: [], page_info } };
  if (s.path.includes("/apps")) return { body: { data: [], page_info } };
  const problems = s.body.includes("{{ trigger. }}") ? [{ line: 9, path: "steps[1].if", code: "expression", text: "unexpected token" }] : [];
  if (s.path.endsWith("/validate")) return { body: { valid: problems.length === 0, problems } };
  if (s.path.endsWith("/variables")) return { body: { data: [] } };
  if (s.method === "PUT" && problems.length > 0) return { status: 400, body: { error: "steps[1].if: unexpected token", code: "definition", details: { problems } } };
  if (s.method === "PUT") return { body: { ...workflow, draft_differs: true } };
  return { body: workflow };
}

const open = () => renderAt(<WorkflowPage />, "/projects/proj_1/development/workflows/p_1", "/projects/$projectId/$environment/workflows/$workflowId");
const picture = () => screen.findByRole("region", { name: "Picture of the workflow" });
const steps = (at: HTMLElement) => [...at.querySelectorAll("button[id^=node-]")].map((b) => b.querySelector(".font-medium")?.textContent);

it("adds a step where it is wanted, and tells what is wrong with it there", async () => {
  const sent = fakeFetch(answer);
  const user = userEvent.setup();
  await open();
  const at = await picture();
  expect(steps(at)).toEqual(["find", "answer"]);
  await user.click(within(at).getByRole("button", { name: "Add a step in the workflow, place 2" }));
  await user.type(await screen.findByRole("combobox", { name: "Search steps and actions" }), "only cond");
  expect(screen.queryByRole("option", { name: /HTTP request/ })).toBeNull();
  await user.clear(screen.getByRole("combobox", { name: "Search steps and actions" }));
  await user.type(screen.getByRole("combobox", { name: "Search steps and actions" }), "continue{Enter}");
  expect(steps(at)).toEqual(["find", "filter", "answer"]);
  const drawer = await screen.findByRole("complementary", { name: "filter" });
  fireEvent.change(within(drawer).getByLabelText("Go on if"), { target: { value: "{{ trigger. }}" } });
  await user.click(screen.getByRole("button", { name: "Save draft" }));
  await waitFor(() => expect(within(at).getByRole("button", { name: /filter.*Unexpected token/ })).toBeTruthy());
  expect(within(drawer).getByText("Unexpected token.")).toBeTruthy();
  expect((await screen.findByRole("alert")).textContent).toContain("Not saved: one thing is wrong.");
  const put = sent.find((s) => s.method === "PUT");
  expect(put?.headers.get("content-type")).toBe("application/yaml");
  expect(put?.body).toContain("  - name: filter\n    type: filter\n");
});

it("takes a step away and brings it back, and moves it with the keyboard", async () => {
  fakeFetch(answer);
  const user = userEvent.setup();
  await open();
  const at = await picture();
  within(at).getByRole("button", { name: /^find/ }).focus();
  await user.keyboard("{Alt>}{ArrowDown}{/Alt}");
  expect(steps(at)).toEqual(["answer", "find"]);
  await waitFor(() => expect(document.activeElement?.textContent).toMatch(/^find/));
  await user.keyboard("{Delete}");
  expect(steps(at)).toEqual(["answer"]);
  await user.click(screen.getAllByRole("button", { name: "Undo" }).at(-1)!);
  await user.click(screen.getByRole("button", { name: "Undo" }));
  expect(steps(at)).toEqual(["find", "answer"]);
  expect(screen.queryByText("Not saved")).toBeNull();
});

it("offers the values of the last run, and says when they are old", async () => {
  fakeFetch(answer);
  const user = userEvent.setup();
  await open();
  const at = await picture();
  await user.click(await within(at).findByRole("button", { name: /^find.*Succeeded in 12 ms/ }));
  const url = await screen.findByLabelText("URL");
  await user.type(url, "/x");
  expect(await within(at).findByRole("button", { name: /^find.*changed since/ })).toBeTruthy();
  await user.click(within(at).getByRole("button", { name: /^answer/ }));
  const body = await screen.findByLabelText("Body");
  await user.clear(body);
  await user.type(body, "{{{{ steps.find.body.ma");
  expect(await screen.findByRole("option", { name: /mail.*ada@x/ })).toBeTruthy();
  await user.keyboard("{Enter}");
  expect(body).toHaveProperty("value", "{{ steps.find.body.mail }}");
});

it("keeps the picture and the text the same", async () => {
  fakeFetch(answer);
  const user = userEvent.setup();
  await open();
  await picture();
  await user.click(screen.getByRole("tab", { name: "YAML" }));
  const text = (await screen.findByLabelText("Definition")) as HTMLTextAreaElement;
  expect(text.value).toContain("  - name: answer\n    type: respond\n");
  fireEvent.change(text, { target: { value: text.value.replace("name: answer", "name: reply") } });
  await screen.findByText("Not saved");
  fireEvent.change(text, { target: { value: `${text.value}  - [` } });
  expect(await screen.findByRole("alert")).toHaveProperty("textContent", expect.stringMatching(/^Line \d+: /));
  await user.click(screen.getByRole("tab", { name: "Build" }));
  expect(steps(await picture())).toEqual(["find", "reply"]);
});

it("tests with an event of a deployed trigger that one came with, for its user", async () => {
  const sent = fakeFetch(answer);
  const user = userEvent.setup();
  await renderAt(<WorkflowPage />, "/projects/proj_1/development/workflows/p_1?event=evt_1&of=dc_1&for=ada", "/projects/$projectId/$environment/workflows/$workflowId");
  const dialog = await screen.findByRole("dialog", { name: "Test the draft" });
  expect(JSON.parse((within(dialog).getByLabelText("Event") as HTMLTextAreaElement).value)).toEqual({ order: 7 });
  await user.click(within(dialog).getByRole("button", { name: "Run the test" }));
  await waitFor(() => expect(JSON.parse(sent.find((s) => s.path.endsWith("/test"))?.body ?? "{}")).toEqual({ event: { order: 7 }, external_user_id: "ada" }));
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
});
