import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, it, vi } from "vitest";
import { fakeFetch, renderAt, type Sent } from "@/testing/render";
import { PrivateComponentPage } from "./PrivateComponentPage";

afterEach(() => vi.unstubAllGlobals());

const versions = ["0.2.0", "0.1.0"].map((version) => ({ key: "~/add-somebody", version, type: "action", app: "crm", author: "cli_1", created_at: "2026-11-21T10:00:00Z" }));
const component = { ...versions[0], source: "schema: operation/v1\nname: Add Somebody\n", versions, problems: [] };
const page = (data: object[]) => ({ data, page_info: { total_count: data.length, count: data.length, start_cursor: null, end_cursor: null } });

async function show(name: string, answer: (s: Sent) => { status?: number; body?: unknown }, there = () => component) {
  const sent = fakeFetch((s) => {
    if (s.method !== "GET") return answer(s);
    if (s.path.startsWith("/v1/audit_log")) return { body: page([]) };
    if (s.path.startsWith("/v1/clients")) return { body: { data: [{ id: "cli_1", name: "Backend" }] } };
    if (s.path.includes("/connect/apps")) return { body: page([{ name_slug: "crm", name: "CRM", img_src: "" }]) };
    return { body: there() };
  });
  const view = await renderAt(<PrivateComponentPage />, `/projects/proj_1/development/private-components/${name}`, "/projects/$projectId/$environment/private-components/$componentName");
  return { ...view, writes: () => sent.filter((s) => s.method !== "GET") };
}

it("uploads a file under a name and an app, and says at which lines it is wrong", async () => {
  let n = 0;
  const { writes, router } = await show("-", () =>
    n++ === 0 ? { status: 400, body: { error: "There is a problem.", code: "component_file_invalid", details: { problems: [{ line: 2, path: "type", code: "value", text: "it is no type" }] } } } : { body: versions[0] },
  );
  expect(screen.getByRole("button", { name: "Save and serve" }).hasAttribute("disabled")).toBe(true);
  await userEvent.type(screen.getByLabelText("Name"), "add-somebody");
  await userEvent.click(await screen.findByRole("radio", { name: "CRM" }));
  const editor = screen.getByLabelText<HTMLTextAreaElement>("Operation file");
  await userEvent.click(screen.getByRole("button", { name: "Save and serve" }));
  await userEvent.click(within(await screen.findByRole("alert")).getByRole("button", { name: "line 2" }));
  await waitFor(() => expect(editor.value.slice(editor.selectionStart, editor.selectionEnd)).toBe("type: action"));
  await userEvent.click(screen.getByRole("button", { name: "Save and serve" }));
  await waitFor(() => expect(router.state.location.pathname).toBe("/projects/proj_1/development/private-components/add-somebody"));
  expect(writes().map((w) => [w.method, w.path, (JSON.parse(w.body) as { app: string }).app])).toEqual([
    ["PUT", "/v1/private_components/add-somebody", "crm"],
    ["PUT", "/v1/private_components/add-somebody", "crm"],
  ]);
});

it("shows what somebody else made of it meanwhile, and loses neither", async () => {
  const newer = { ...component, version: "0.3.0", source: "schema: operation/v1\nname: Theirs\n", versions: [{ ...versions[0]!, version: "0.3.0" }, ...versions] };
  let now = component;
  const { writes } = await show("add-somebody", () => ({ status: 409, body: { error: "This was changed meanwhile.", code: "changed_meanwhile" } }), () => now);
  fireEvent.change(await screen.findByLabelText("Operation file"), { target: { value: "schema: operation/v1\nname: Mine\n" } });
  now = newer;
  await userEvent.click(screen.getByRole("button", { name: "Save and serve" }));
  const dialog = await screen.findByRole("alertdialog", { name: "The component was changed meanwhile" });
  expect(dialog.textContent).toContain("Theirs");
  await userEvent.click(within(dialog).getByRole("button", { name: "Go on editing" }));
  expect(screen.getByLabelText<HTMLTextAreaElement>("Operation file").value).toContain("Mine");
  await userEvent.click(screen.getByRole("button", { name: "Save and serve" }));
  await userEvent.click(within(await screen.findByRole("alertdialog")).getByRole("button", { name: "Take theirs" }));
  await waitFor(() => expect(screen.getByLabelText<HTMLTextAreaElement>("Operation file").value).toContain("Theirs"));
  expect(writes().map((w) => (JSON.parse(w.body) as { base_version: string }).base_version)).toEqual(["0.2.0", "0.2.0"]);
});

it("plays the examples, and says what came out otherwise", async () => {
  await show("add-somebody", () => ({ body: { sound: false, problems: [], examples: [{ name: "good", line: 1, wrong: [] }, { name: "bad", line: 2, wrong: ["The summary is otherwise."] }] } }));
  await userEvent.click(await screen.findByRole("button", { name: "Play the examples" }));
  expect((await screen.findByText(/1 of 2 came out otherwise/)).textContent).toContain("no app was called");
  expect(screen.getByText("The summary is otherwise.")).toBeTruthy();
});

it("says what a version refuses, and takes one or all away when it is told to", async () => {
  const { writes, router } = await show("add-somebody", (s) => {
    if (s.method === "PUT") return { status: 409, body: { error: "This version is there already.", code: "component_version_exists", details: {} } };
    return s.path.includes("force=true") || s.path.includes("version=") ? { status: 204 } : { status: 409, body: { error: "Deployed triggers use the component.", code: "component_in_use", details: {} } };
  });
  fireEvent.change(await screen.findByLabelText("Operation file"), { target: { value: "schema: operation/v1\n" } });
  await userEvent.click(screen.getByRole("button", { name: "Save and serve" }));
  expect(await screen.findByText("This version is there already.")).toBeTruthy();
  await userEvent.click(screen.getByRole("button", { name: "Take version 0.1.0 away" }));
  await userEvent.click(await screen.findByRole("button", { name: "Take it away" }));
  await screen.findByText("Version 0.1.0 is gone");
  await userEvent.click(screen.getByRole("button", { name: "Remove" }));
  await userEvent.click(await screen.findByRole("button", { name: "Remove component" }));
  await userEvent.click(await screen.findByRole("button", { name: "Remove it all the same" }));
  await waitFor(() => expect(router.state.location.pathname).toBe("/projects/proj_1/development/private-components"));
  expect(writes().filter((w) => w.method === "DELETE").map((w) => w.path)).toEqual([
    "/v1/private_components/add-somebody?version=0.1.0", "/v1/private_components/add-somebody", "/v1/private_components/add-somebody?force=true",
  ]);
});
