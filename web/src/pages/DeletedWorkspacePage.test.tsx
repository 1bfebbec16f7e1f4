import { fireEvent, screen } from "@testing-library/react";
import { afterEach, expect, it, vi } from "vitest";
import { fakeFetch, renderAt } from "@/testing/render";
import { DeletedWorkspacePage } from "./DeletedWorkspacePage";

afterEach(() => vi.unstubAllGlobals());

const deletion = { name: "Acme", asked_at: "2026-05-01T00:00:00Z", asked_by: "robin@example.com", deletes_at: "2126-05-08T00:00:00Z", projects: 1, triggers: 2, users: 10_000, grants: 0, most: 10_000 };
const show = (as: Parameters<typeof renderAt>[3] = {}) => renderAt(<DeletedWorkspacePage />, "/deleted-workspace", "/deleted-workspace", { set_up: "deleted", ...as });

it("lets an owner take the workspace back while there is time, and shows why it fails", async () => {
  const sent = fakeFetch((request) =>
    request.method === "DELETE" ? { status: 409, body: { error: "The time to take the workspace back is over: it is being deleted.", code: "workspace_goes" } } : { body: deletion },
  );
  await show();
  expect(await screen.findByText(/1 project and 10,000 or more users/)).toBeTruthy();
  fireEvent.click(screen.getByRole("button", { name: "Take the workspace back" }));
  expect(await screen.findByText(/The time to take the workspace back is over/)).toBeTruthy();
  expect(sent.some((s) => s.method === "DELETE" && s.path === "/console/api/workspace/deletion")).toBe(true);
});

it("tells others who can, and what is left when the time is over", async () => {
  fakeFetch(() => ({ body: deletion }));
  await show({ member: { id: "mem_2", email: "a@example.com", name: "A", role: "admin" } });
  expect(await screen.findByText(/Any owner can take it back/)).toBeTruthy();
  expect(screen.queryByRole("button", { name: "Take the workspace back" })).toBeNull();
});

it("shows how far it is when nobody can take it back any more", async () => {
  fakeFetch(() => ({ body: { ...deletion, deletes_at: "2026-05-08T00:00:00Z" } }));
  await show();
  expect(await screen.findByText("What is left of Acme")).toBeTruthy();
  expect(screen.getByText("10,000 or more left")).toBeTruthy();
});
