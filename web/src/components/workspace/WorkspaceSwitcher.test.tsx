import { screen, waitFor } from "@testing-library/react";
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
const Card = () => <WorkspaceCard session={useSession()} />;
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
  const sent = fakeFetch(() => ({ body: { id: "ws_1", name: "Acme Inc", created_at: "2026-01-01T00:00:00Z" } }));
  await renderAt(<Card />);
  const rename = screen.getByRole<HTMLButtonElement>("button", { name: "Rename" });
  expect(rename.disabled).toBe(true);
  await userEvent.type(screen.getByLabelText("Name of the workspace"), " Inc");
  await userEvent.click(rename);
  await waitFor(() => expect(sent.map((s) => [s.method, s.path, s.body])).toContainEqual(["PATCH", "/v1/workspace", `{"name":"Acme Inc"}`]));
});
