import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, it, vi } from "vitest";
import { fakeFetch, renderAt } from "@/testing/render";
import { InvitationPage } from "./InvitationPage";

afterEach(() => vi.unstubAllGlobals());

const offer = { email: "new@example.com", workspace: "Acme", role: "developer", invited_by: "robin@example.com", known: false, expires_at: "2999-01-01T00:00:00Z", signed_in: null as string | null, sso: false };
const session = { member: { id: "mem_2", email: "new@example.com", name: "New", role: "developer" }, workspace: { id: "o_1", name: "Acme" }, set_up: "", base_url: "", tls_url: "", demo_url: "" };
const at = () => renderAt(<InvitationPage />, "/invitation#pbi_1", "/invitation");

it("takes a name and a password of who is new, and says what is wrong with them at the field", async () => {
  let bad = true;
  const sent = fakeFetch((s) => (s.method === "GET" ? { body: offer } : bad ? { status: 400, body: { error: "A password has 10 to 200 characters.", code: "password", details: { field: "password" } } } : { body: session }));
  const { router } = await at();
  await userEvent.type(await screen.findByLabelText("Name"), " New ");
  await userEvent.type(screen.getByLabelText("Password"), "correct horse battery");
  await userEvent.click(screen.getByRole("button", { name: "Join the workspace" }));
  await waitFor(() => expect(screen.getByLabelText("Password").getAttribute("aria-invalid")).toBe("true"));
  bad = false;
  await userEvent.click(screen.getByRole("button", { name: "Join the workspace" }));
  await waitFor(() => expect(router.state.location.pathname).toBe("/"));
  const post = sent.findLast((s) => s.method === "POST")!;
  expect([post.path, post.headers.get("invitation-token")]).toEqual(["/console/api/invitation", "pbi_1"]);
  expect(JSON.parse(post.body)).toEqual({ name: "New", password: "correct horse battery" });
});

it("has who is known sign in first, and come back", async () => {
  fakeFetch(() => ({ body: { ...offer, known: true } }));
  await at();
  const link = await screen.findByRole("link", { name: "Sign in to go on" });
  expect(new URL((link as HTMLAnchorElement).href).searchParams.get("next")).toBe("/invitation");
  expect(screen.queryByLabelText("Password")).toBeNull();
});

it("takes who is invited without asking for more, and asks for a second factor where one is wanted", async () => {
  const sent = fakeFetch((s) => (s.method === "GET" ? { body: { ...offer, known: true, signed_in: "New@Example.com" } } : { status: 202, body: { second_factor: ["totp"] } }));
  const { router } = await at();
  await userEvent.click(await screen.findByRole("button", { name: "Join the workspace" }));
  await waitFor(() => expect(router.state.location.href).toContain("second=totp"));
  expect(sent.findLast((s) => s.method === "POST")!.body).toBe("{}");
});

it("tells who is signed in as somebody else, and goes on without them", async () => {
  let signedIn: string | null = "robin@example.com";
  fakeFetch((s) => {
    if (s.method === "DELETE") signedIn = null;
    return s.method === "DELETE" ? { status: 204 } : { body: { ...offer, signed_in: signedIn } };
  });
  await at();
  expect(await screen.findByText("You are signed in as robin@example.com, and this invitation is for new@example.com.")).toBeTruthy();
  await userEvent.click(screen.getByRole("button", { name: "Sign out and go on" }));
  expect(await screen.findByLabelText("Name")).toBeTruthy();
});

it("does not send who came in by single sign-on round and round", async () => {
  fakeFetch(() => ({ body: { ...offer, known: true, signed_in: "new@example.com", sso: true } }));
  await at();
  expect(await screen.findByText(/^You came in by single sign-on as new@example.com/)).toBeTruthy();
  expect(screen.getByRole("button", { name: "Sign out and go on" })).toBeTruthy();
  expect(screen.queryByRole("button", { name: "Join the workspace" })).toBeNull();
});

it("says that a link is over", async () => {
  fakeFetch(() => ({ status: 404, body: { error: "The invitation was used or taken back, or has expired. Ask to be invited again.", code: "invitation_used" } }));
  await at();
  expect((await screen.findByRole("alert")).textContent).toContain("used or taken back, or has expired");
  expect(screen.getByRole("link", { name: "Sign in" })).toBeTruthy();
});

it("takes the token of an older link out of the path, and has it kept while one signs in", async () => {
  const sent = fakeFetch(() => ({ body: offer }));
  const { router } = await renderAt(<InvitationPage />, "/invitation/pbi_2", "/invitation/$token");
  await waitFor(() => expect(router.history.location.href).toBe("/invitation#pbi_2"));
  expect(sent[0]?.headers.get("invitation-token")).toBe("pbi_2");
  expect(sent.every((s) => !s.path.includes("pbi_"))).toBe(true);
  await renderAt(<InvitationPage />, "/invitation", "/invitation");
  await waitFor(() => expect(sent.at(-1)?.headers.get("invitation-token")).toBe("pbi_2"));
});
