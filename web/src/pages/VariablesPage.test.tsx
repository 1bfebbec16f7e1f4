import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it } from "vitest";
import { fakeFetch, renderAt } from "@/testing/render";
import { VariablesPage } from "./VariablesPage";

const base = { description: "", overridden: false, used_by: [], created_at: "2026-01-01T00:00:00Z", updated_at: "2026-01-01T00:00:00Z" };
const token = { ...base, id: "var_1", name: "TOKEN", scope: "environment", secret: true, value: null, used_by: [{ project_id: "proj_1", workflow_id: "p_1", name: "Welcome", running: true }] };
const host = { ...base, id: "var_2", name: "HOST", scope: "workspace", secret: false, value: "https://x.example", overridden: true };

it("shows where a variable is from and who reads it, and never a secret", async () => {
  const sent = fakeFetch(() => ({ body: { data: [token, host] } }));
  const user = userEvent.setup();
  await renderAt(<VariablesPage />, "/projects/proj_1/development/variables");
  const row = (await screen.findByText("TOKEN")).closest("tr")!;
  expect(within(row).getByText("Secret")).toBeTruthy();
  expect(within(row).getByRole("link", { name: "Welcome" }).getAttribute("href")).toContain("/workflows/p_1");
  expect(screen.getByText("workspace, overridden")).toBeTruthy();

  await user.click(screen.getByRole("button", { name: "Change TOKEN of the environment" }));
  await user.type(await screen.findByLabelText("Description"), "of the CRM");
  await user.click(screen.getByRole("button", { name: "Save" }));
  await waitFor(() => expect(sent.find((s) => s.method === "PUT")).toBeTruthy());
  const put = sent.find((s) => s.method === "PUT")!;
  expect(put.path).toBe("/v1/projects/proj_1/variables/TOKEN?scope=environment&unchanged_since=2026-01-01T00%3A00%3A00Z");
  expect(JSON.parse(put.body)).toEqual({ secret: true, description: "of the CRM" }); // its value stays
});

it("makes one for all projects", async () => {
  const sent = fakeFetch((s) => (s.method === "PUT" ? { body: host } : { body: { data: [] } }));
  const user = userEvent.setup();
  await renderAt(<VariablesPage />, "/projects/proj_1/development/variables");
  await user.click((await screen.findAllByRole("button", { name: "New variable" }))[0]!);
  await user.type(await screen.findByLabelText("Name"), "HOST");
  await user.type(screen.getByLabelText("Value"), "v");
  await user.click(screen.getByRole("combobox", { name: "Of" }));
  await user.click(await screen.findByRole("option", { name: /the workspace/ }));
  await user.click(screen.getByRole("button", { name: "Make variable" }));
  await waitFor(() => expect(sent.find((s) => s.method === "PUT")?.path).toBe("/v1/variables/HOST?unchanged_since=0001-01-01T00%3A00%3A00Z"));
});

it("writes over no variable that somebody else has changed, until one says so", async () => {
  const now = { ...host, value: "https://theirs.example", updated_at: "2026-02-02T00:00:00Z" };
  let there = host;
  const sent = fakeFetch((s) => {
    if (s.method !== "PUT") return { body: { data: s.path.includes("/audit_log") ? [] : [there] } };
    const seen = new URL(s.path, "http://x").searchParams.get("unchanged_since");
    return seen === there.updated_at ? { body: there } : { status: 409, body: { error: "It was changed.", code: "changed_meanwhile", details: {} } };
  });
  const user = userEvent.setup();
  await renderAt(<VariablesPage />, "/projects/proj_1/development/variables");
  await user.click(await screen.findByRole("button", { name: "Change HOST of the workspace" }));
  there = now;
  await user.clear(await screen.findByLabelText("Value"));
  await user.type(screen.getByLabelText("Value"), "https://mine.example");
  await user.click(screen.getByRole("button", { name: "Save" }));
  expect(await screen.findByText("The variable was changed meanwhile")).toBeTruthy();
  expect(within(screen.getByRole("list", { name: "What differs" })).getByText("https://theirs.example")).toBeTruthy();
  await user.click(screen.getByRole("button", { name: "Keep mine, write over theirs" }));
  await waitFor(() => expect(sent.filter((s) => s.method === "PUT")).toHaveLength(2));
  expect(sent.filter((s) => s.method === "PUT")[1]!.path).toContain("unchanged_since=2026-02-02T00%3A00%3A00Z");
});
