import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { startOver } from "@/lib/startOver";
import { useSession } from "@/lib/hooks";
import { fakeFetch, renderAt } from "@/testing/render";
import { WorkspaceCard } from "../settings/WorkspaceCard";
import { WorkspaceSwitcher } from "./WorkspaceSwitcher";

vi.mock("@/lib/startOver", () => ({ startOver: vi.fn() }));
beforeEach(() => vi.mocked(startOver).mockClear());
afterEach(() => vi.unstubAllGlobals());

const Here = () => <WorkspaceSwitcher session={useSession()} />;
const all = (may_create: boolean) => ({ body: { data: [{ id: "ws_1", name: "Acme", role: "owner" }, { id: "ws_2", name: "Globex", role: "viewer" }], may_create } });

it("goes to another workspace, and begins there anew", async () => {
  const sent = fakeFetch((s) => (s.method === "POST" ? { body: {} } : all(false)));
  await renderAt(<Here />);
  await userEvent.click(screen.getByRole("button", { name: "Workspace: Acme" }));
  expect(screen.queryByRole("menuitem", { name: /New workspace/ })).toBeNull();
  await userEvent.click(await screen.findByRole("menuitem", { name: /Globex/ }));
  await waitFor(() => expect(startOver).toHaveBeenCalledTimes(1));
  const post = sent.find((s) => s.method === "POST")!;
  expect([post.path, JSON.parse(post.body)]).toEqual(["/console/api/workspace", { id: "ws_2" }]);
});

it("stays where it is when the workspace cannot be opened, or is the one that is open", async () => {
  fakeFetch((s) => (s.method === "POST" ? { status: 404, body: { error: "There is no such workspace.", code: "workspace_not_found" } } : all(false)));
  await renderAt(<Here />);
  await userEvent.click(screen.getByRole("button", { name: "Workspace: Acme" }));
  await userEvent.click(await screen.findByRole("menuitem", { name: /Globex/ }));
  expect(await screen.findByText("There is no such workspace.")).toBeTruthy();
  await userEvent.click(screen.getByRole("button", { name: "Workspace: Acme" }));
  await userEvent.click(await screen.findByRole("menuitem", { name: /Acme/ }));
  expect(startOver).not.toHaveBeenCalled();
});

it("makes another one where that is allowed, and shows why not", async () => {
  let bad = true;
  fakeFetch((s) => (s.method !== "POST" ? all(true) : bad ? { status: 403, body: { error: "Only owners may make another one.", code: "new_workspace" } } : { body: {} }));
  await renderAt(<Here />);
  await userEvent.click(screen.getByRole("button", { name: "Workspace: Acme" }));
  await userEvent.click(await screen.findByRole("menuitem", { name: /New workspace/ }));
  await userEvent.type(screen.getByLabelText("Name"), "Initech");
  await userEvent.click(screen.getByRole("button", { name: "Create workspace" }));
  expect(await screen.findByText("Only owners may make another one.")).toBeTruthy();
  bad = false;
  await userEvent.click(screen.getByRole("button", { name: "Create workspace" }));
  await waitFor(() => expect(startOver).toHaveBeenCalledTimes(1));
});

it("renames the workspace", async () => {
  const workspace = { id: "ws_1", name: "Acme", audit_keep_days: 0, created_at: "2026-01-01T00:00:00Z", updated_at: null };
  const sent = fakeFetch((s) => ({ body: s.method === "PATCH" ? { ...workspace, name: "Acme Inc" } : workspace }));
  await renderAt(<WorkspaceCard />);
  const rename = await screen.findByRole<HTMLButtonElement>("button", { name: "Rename" });
  expect(rename.disabled).toBe(true);
  await userEvent.type(screen.getByLabelText("Name of the workspace"), " Inc");
  await userEvent.click(rename);
  await waitFor(() => expect(sent.map((s) => [s.method, s.path, s.body])).toContainEqual(["PATCH", "/v1/workspace?unchanged_since=0001-01-01T00%3A00%3A00Z", `{"name":"Acme Inc"}`]));
});

it("shows what another admin called the workspace meanwhile, and writes over it only when told to", async () => {
  const workspace = { id: "ws_1", name: "Acme", audit_keep_days: 0, created_at: "2026-01-01T00:00:00Z", updated_at: null as string | null };
  let there = workspace;
  const sent = fakeFetch((s) => {
    if (s.path.startsWith("/v1/audit_log")) return { body: { data: [], page_info: { count: 0, total_count: 0 } } };
    if (s.method !== "PATCH") return { body: there };
    if (!s.path.includes(encodeURIComponent(there.updated_at ?? "0001-01-01T00:00:00Z"))) return { status: 409, body: { error: "This was changed meanwhile.", code: "changed_meanwhile" } };
    return { body: { ...there, ...(JSON.parse(s.body) as object), updated_at: "2026-01-03T00:00:00Z" } };
  });
  await renderAt(<WorkspaceCard />);
  await userEvent.type(await screen.findByLabelText("Name of the workspace"), " Inc");
  there = { ...workspace, name: "Acme Ltd", updated_at: "2026-01-02T00:00:00Z" };
  await userEvent.click(screen.getByRole("button", { name: "Rename" }));
  const dialog = await screen.findByRole("alertdialog", { name: "The workspace was changed meanwhile" });
  expect(within(dialog).getByText("Acme Ltd")).toBeTruthy();
  await userEvent.click(within(dialog).getByRole("button", { name: "Keep mine, write over theirs" }));
  expect(await screen.findByText("Workspace renamed")).toBeTruthy();
  expect(sent.filter((s) => s.method === "PATCH").map((s) => s.body)).toEqual(['{"name":"Acme Inc"}', '{"name":"Acme Inc"}']);
});

it("renames over somebody who changed something else meanwhile", async () => {
  const workspace = { id: "ws_1", name: "Acme", audit_keep_days: 0, created_at: "2026-01-01T00:00:00Z", updated_at: null as string | null };
  let there = workspace;
  fakeFetch((s) => {
    if (s.method !== "PATCH") return { body: there };
    if (!s.path.includes(encodeURIComponent(there.updated_at ?? "0001-01-01T00:00:00Z"))) return { status: 409, body: { error: "This was changed meanwhile.", code: "changed_meanwhile" } };
    return { body: { ...there, name: "Acme Inc", updated_at: "2026-01-03T00:00:00Z" } };
  });
  await renderAt(<WorkspaceCard />);
  await userEvent.type(await screen.findByLabelText("Name of the workspace"), " Inc");
  there = { ...workspace, audit_keep_days: 90, updated_at: "2026-01-02T00:00:00Z" };
  await userEvent.click(screen.getByRole("button", { name: "Rename" }));
  expect(await screen.findByText("Workspace renamed")).toBeTruthy();
  expect(screen.queryByRole("alertdialog")).toBeNull();
});
