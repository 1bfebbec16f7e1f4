import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, it, vi } from "vitest";
import { fakeFetch, renderAt, type Sent } from "@/testing/render";
import { AppFilePage } from "./AppFilePage";

afterEach(() => vi.unstubAllGlobals());

const file = { slug: "our_crm", own: true, override: false, version: 2, source: "schema: app/v1\nslug: our_crm\n", fixtures: { "me.json": "{}" }, own_logo: false, img_src: "", accounts: 1, problems: [], facts: { name: "Our CRM" } };
const versions = [{ version: 2, removed: false, author: "robin@example.com", created_at: "2026-05-02T12:00:00Z" }, { version: 1, removed: false, author: "cli_1", created_at: "2026-05-01T12:00:00Z" }];
const inUse = { status: 409, body: { error: "One account uses the method api_key of our_crm.", code: "app_in_use", details: {} } };

async function show(slug: string, answer: (s: Sent) => { status?: number; body?: unknown }) {
  const sent = fakeFetch((s) => {
    if (s.method !== "GET") return answer(s);
    if (s.path.endsWith("/versions")) return { body: { data: versions } };
    if (s.path.startsWith("/v1/clients")) return { body: { data: [{ id: "cli_1", name: "Backend", scopes: [], created_at: "2026-05-01T12:00:00Z", last_used_at: null }] } };
    return { body: file };
  });
  await renderAt(<AppFilePage />, `/projects/proj_1/development/apps/${slug}/file`, "/projects/$projectId/$environment/apps/$slug/file");
  return () => sent.filter((s) => s.method !== "GET");
}

it("shows each problem with its line, and where it is", async () => {
  const writes = await show("our_crm", () => ({ status: 400, body: { error: "There are 2 problems in the app file.", code: "app_file_invalid", details: { problems: [{ line: 2, path: "slug", text: "it is wrong" }, { line: 1, path: "", text: "so is this" }] } } }));
  const editor = await screen.findByLabelText<HTMLTextAreaElement>("App file");
  await userEvent.type(editor, "x");
  await userEvent.click(screen.getByRole("button", { name: "Save and serve" }));
  const alert = within(await screen.findByRole("alert"));
  expect(alert.getByText(/There are 2 problems/)).toBeTruthy();
  await userEvent.click(alert.getByRole("button", { name: "line 2" }));
  await waitFor(() => expect(editor.value.slice(editor.selectionStart, editor.selectionEnd)).toBe("slug: our_crm"));
  expect(JSON.parse(writes()[0]?.body ?? "")).toMatchObject({ base_version: 2, fixtures: { "me.json": "{}" } });
});

it("saves what accounts use only when it is told to", async () => {
  const writes = await show("our_crm", (s) => (s.path.includes("force=true") ? { body: { ...versions[0], version: 3 } } : inUse));
  const editor = await screen.findByLabelText("App file");
  expect(screen.queryByRole("button", { name: "Save it all the same" })).toBeNull();
  await userEvent.type(editor, "x");
  await userEvent.click(screen.getByRole("button", { name: "Save and serve" }));
  expect((await screen.findByRole("alert")).textContent).toContain("One account uses the method api_key of our_crm.");
  // Another text is another question.
  await userEvent.type(editor, "y");
  expect(screen.queryByRole("button", { name: "Save it all the same" })).toBeNull();
  await userEvent.click(screen.getByRole("button", { name: "Save and serve" }));
  await userEvent.click(await screen.findByRole("button", { name: "Save it all the same" }));
  await waitFor(() => expect(writes().map((w) => w.path)).toEqual(["/v1/app_files/our_crm", "/v1/app_files/our_crm", "/v1/app_files/our_crm?force=true"]));
  expect(await screen.findByText("Version 3 serves")).toBeTruthy();
});

it("removes and restores what accounts use only when it is told to", async () => {
  const writes = await show("our_crm", (s) => (s.path.includes("force=true") ? { status: 204 } : inUse));
  await userEvent.click(await screen.findByRole("button", { name: "Remove" }));
  await userEvent.click(await screen.findByRole("button", { name: "Remove app" }));
  await userEvent.click(await screen.findByRole("button", { name: "Remove it all the same" }));
  await waitFor(() => expect(writes().map((w) => w.method + w.path)).toEqual(["DELETE/v1/app_files/our_crm?base_version=2", "DELETE/v1/app_files/our_crm?base_version=2&force=true"]));
});

it("names who saved each version, and restores an earlier one", async () => {
  const writes = await show("our_crm", (s) => (s.path.includes("force=true") ? { body: versions[0] } : inUse));
  expect(await screen.findByText(/^Backend,/)).toBeTruthy();
  await userEvent.click(screen.getByRole("button", { name: "Restore" }));
  await userEvent.click(await screen.findByRole("button", { name: "Restore version" }));
  await userEvent.click(await screen.findByRole("button", { name: "Restore it all the same" }));
  await waitFor(() => expect(writes().at(-1)?.path).toBe("/v1/app_files/our_crm/versions/1/restore?base_version=2&force=true"));
});

it("plays the recorded answers, and says what each check found", async () => {
  const checks = [{ auth: "api_key", name: "identity", result: "passed", text: "id 1" }, { auth: "api_key", name: "inject", result: "failed", text: "The header is missing." }, { auth: "other", name: "refresh_ok", result: "skipped", text: "No answer was recorded." }];
  await show("our_crm", () => ({ body: { sound: false, problems: [], checks } }));
  await userEvent.click(await screen.findByRole("button", { name: "Dry run" }));
  expect((await screen.findByText(/1 of 3 checks failed/)).textContent).toContain("no provider was called");
  expect(screen.getByText("The header is missing.")).toBeTruthy();
});

it("adds recorded answers, and says which files are no JSON", async () => {
  const writes = await show("our_crm", () => ({ body: { sound: true, problems: [], checks: [] } }));
  await userEvent.upload(await screen.findByLabelText("Recorded answers to add"), [new File(['{"status": 200}'], "ok.json", { type: "application/json" }), new File(["<html>"], "no.json", { type: "application/json" })]);
  expect(await screen.findByText("ok.json")).toBeTruthy();
  expect(screen.getByText("Not JSON, and so not added: no.json.")).toBeTruthy();
  await userEvent.click(screen.getByRole("button", { name: "Take me.json away" }));
  await userEvent.click(screen.getByRole("button", { name: "Dry run" }));
  await waitFor(() => expect(JSON.parse(writes()[0]?.body ?? "").fixtures).toEqual({ "ok.json": '{"status": 200}' }));
});

it("begins a new app with a file that names its slug, and saves it under that", async () => {
  const writes = await show("-", () => ({ body: { ...versions[0], version: 1 } }));
  const editor = await screen.findByLabelText<HTMLTextAreaElement>("App file");
  expect(editor.value).toContain("slug: our_app");
  await userEvent.click(screen.getByRole("button", { name: "Save and serve" }));
  await waitFor(() => expect(writes()[0]?.path).toBe("/v1/app_files/our_app"));
  expect(JSON.parse(writes()[0]?.body ?? "")).not.toHaveProperty("base_version");
});

it("keeps what is written while somebody else saves, shows both, and writes over theirs only when told to", async () => {
  const theirs = { ...file, version: 3, source: "schema: app/v1\nslug: our_crm\nname: Theirs\n" };
  let saved = false;
  const sent = fakeFetch((s) => {
    if (s.path.endsWith("/versions")) return { body: { data: versions } };
    if (s.path.startsWith("/v1/clients") || s.path.includes("audit_log")) return { body: { data: [] } };
    if (s.method !== "PUT") return { body: saved ? theirs : file };
    saved = true;
    return s.body.includes('"base_version":2') ? { status: 409, body: { error: "The file was changed since you began to edit it.", code: "app_file_changed", details: {} } } : { body: { ...versions[0], version: 4 } };
  });
  await renderAt(<AppFilePage />, "/projects/proj_1/development/apps/our_crm/file", "/projects/$projectId/$environment/apps/$slug/file");
  const editor = await screen.findByLabelText<HTMLTextAreaElement>("App file");
  await userEvent.type(editor, "# mine");
  await userEvent.click(screen.getByRole("button", { name: "Save and serve" }));
  expect((await screen.findAllByText(/name: Theirs/)).length).toBeGreaterThan(0);
  expect(editor.value).toContain("# mine");
  await userEvent.click(screen.getByRole("button", { name: /Keep mine/ }));
  expect(await screen.findByText("Version 4 serves")).toBeTruthy();
  expect(sent.filter((s) => s.method === "PUT").map((s) => (JSON.parse(s.body) as { base_version: number }).base_version)).toEqual([2, 3]);
});
