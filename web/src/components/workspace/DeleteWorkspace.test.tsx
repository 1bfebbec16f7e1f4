import { fireEvent, screen } from "@testing-library/react";
import { afterEach, expect, it, vi } from "vitest";
import type { Session } from "@/api/session";
import { fakeFetch, renderAt } from "@/testing/render";
import { DeleteWorkspace } from "./DeleteWorkspace";

afterEach(() => vi.unstubAllGlobals());

const session = { member: { id: "mem_1", email: "robin@example.com", name: "Robin", role: "owner" }, workspace: { id: "o_1", name: "Acme" } } as Session;
const account = { email: "robin@example.com", name: "Robin", password: true, mail: false, sessions: [], totp: false, recovery_codes: 0, passkeys: [], can_passkeys: false, sso: false, fresh: false };

it("deletes a workspace whose name was typed, with a proof of who asks", async () => {
  vi.spyOn(console, "error").mockImplementation(() => undefined); // the page is left, which this browser cannot
  const sent = fakeFetch((s) => (s.method === "GET" ? { body: account } : { status: 204 }));
  await renderAt(<DeleteWorkspace session={session} close={() => undefined} />);
  const name = await screen.findByLabelText("Type the name to confirm");
  const action = screen.getByRole<HTMLButtonElement>("button", { name: "Delete workspace" });
  fireEvent.change(screen.getByLabelText("Your password"), { target: { value: "correct horse" } });
  fireEvent.change(name, { target: { value: "acme" } });
  expect(action.disabled).toBe(true);
  fireEvent.change(name, { target: { value: "Acme" } });
  fireEvent.click(action);
  await vi.waitFor(() => expect(sent.filter((s) => s.method === "POST").map((s) => [s.path, JSON.parse(s.body)])).toEqual([
    ["/console/api/account/proof", { password: "correct horse" }],
    ["/console/api/workspace/deletion", { name: "Acme" }],
  ]));
});

it("shows why it is refused, and sends somebody of an identity provider's to sign in by themselves", async () => {
  fakeFetch((s) => (s.method === "GET" ? { body: { ...account, fresh: true } } : { status: 409, body: { error: "This is the last workspace of the installation.", code: "last_workspace" } }));
  await renderAt(<DeleteWorkspace session={session} close={() => undefined} />);
  fireEvent.change(await screen.findByLabelText("Type the name to confirm"), { target: { value: "Acme" } });
  expect(screen.queryByLabelText("Your password")).toBeNull();
  fireEvent.click(screen.getByRole("button", { name: "Delete workspace" }));
  expect((await screen.findByRole("alert")).textContent).toContain("This is the last workspace of the installation.");
});

it("lets no identity provider delete a workspace", async () => {
  fakeFetch(() => ({ body: { ...account, sso: true, fresh: true } }));
  await renderAt(<DeleteWorkspace session={session} close={() => undefined} />);
  expect(await screen.findByText(/sign in by yourself/)).toBeTruthy();
  expect(screen.queryByRole("button", { name: "Delete workspace" })).toBeNull();
});
