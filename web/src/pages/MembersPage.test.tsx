import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, it, vi } from "vitest";
import { fakeFetch, renderAt, type Sent } from "@/testing/render";
import { MembersPage } from "./MembersPage";

afterEach(() => vi.unstubAllGlobals());

const robin = { id: "mem_1", email: "robin@example.com", name: "Robin", role: "owner", all_projects: true, projects: [], created_at: "2026-01-01T00:00:00Z", updated_at: "2026-01-01T00:00:00.000001Z", last_seen_at: "2026-05-01T00:00:00Z", two_factors: true };
const kim = { ...robin, id: "mem_2", email: "kim@example.com", name: "Kim", role: "developer", all_projects: false, projects: [{ project_id: "proj_1", role: "viewer" }], last_seen_at: null, two_factors: false };
const invitation = { id: "inv_1", email: "new@example.com", role: "viewer", all_projects: true, projects: [], invited_by: "robin@example.com", mailed_at: null, created_at: "2026-05-01T00:00:00Z", expires_at: "2999-05-08T00:00:00Z", link: null };

const server = (members: unknown[], invitations: unknown[], more: (s: Sent) => { status?: number; body?: unknown } = () => ({ body: {} })) =>
  fakeFetch((s) => {
    if (s.method !== "GET") return more(s);
    if (s.path === "/v1/members") return { body: { data: members } };
    if (s.path.startsWith("/v1/audit_log")) return { body: { data: [], page_info: {} } };
    if (s.path === "/v1/invitations") return { body: { data: invitations } };
    return { body: { data: [{ id: "proj_1", name: "Shop" }], page_info: {} } };
  });
const rowOf = async (text: string) => (await screen.findByText(text)).closest("tr")!;

it("says who is here, where else they have another role, and who was asked in", async () => {
  server([robin, kim], [invitation, { ...invitation, id: "inv_2", email: "late@example.com", expires_at: "2026-01-02T00:00:00Z" }]);
  await renderAt(<MembersPage />);
  const own = await rowOf("Robin");
  expect(within(own).getByText("you")).toBeTruthy();
  expect(within(own).queryByRole("button", { name: /Remove/ })).toBeNull();
  await waitFor(async () => expect(within(await rowOf("Kim")).getByText("Shop: viewer")).toBeTruthy());
  expect(within(await rowOf("Kim")).getByText("not of late")).toBeTruthy();
  expect(within(await rowOf("new@example.com")).getAllByText("link only")[0]).toBeTruthy();
  expect(within(await rowOf("late@example.com")).getAllByText("expired")[0]).toBeTruthy();
  expect(screen.getAllByRole("columnheader", { name: /^(Owner ?you|Admin|Developer|Viewer)$/ })).toHaveLength(4);
});

it("teaches who is alone, and shows the API's sentence at the field that it is about", async () => {
  const sent = server([robin], [], () => ({ status: 409, body: { error: "This person is invited already.", code: "invited", details: { field: "email" } } }));
  await renderAt(<MembersPage />);
  expect(await screen.findByText("You are alone here")).toBeTruthy();
  expect(await screen.findByText("Nobody is asked in")).toBeTruthy();
  await userEvent.click(screen.getByRole("button", { name: "Invite somebody" }));
  await userEvent.type(screen.getByLabelText("E-mail"), " new@example.com ");
  await userEvent.click(screen.getByRole("button", { name: "Invite" }));
  await waitFor(() => expect(screen.getByLabelText("E-mail").getAttribute("aria-invalid")).toBe("true"));
  expect(screen.getAllByText("This person is invited already.")).toHaveLength(1);
  const post = sent.find((s) => s.method === "POST")!;
  expect(JSON.parse(post.body)).toEqual({ email: "new@example.com", role: "developer", all_projects: true, projects: [] });
});

it("hands a link over where no e-mail went out, and makes nobody a member of nothing", async () => {
  server([robin, kim], [invitation], () => ({ body: { ...invitation, link: "http://localhost/invitation#pbi_1" } }));
  await renderAt(<MembersPage />);
  await userEvent.click(await screen.findByRole("button", { name: "New link for new@example.com" }));
  expect(await screen.findByText("http://localhost/invitation#pbi_1")).toBeTruthy();
  await userEvent.click(screen.getByRole("checkbox"));
  await userEvent.click(screen.getByRole("button", { name: "Done" }));
  await userEvent.click(screen.getByRole("button", { name: "Invite somebody" }));
  await userEvent.type(screen.getByLabelText("E-mail"), "x@example.com");
  await userEvent.click(screen.getByRole("radio", { name: "Only these" }));
  expect((screen.getByRole("button", { name: "Invite" }) as HTMLButtonElement).disabled).toBe(true);
});

it("changes what a member may do", async () => {
  const sent = server([robin, kim], []);
  await renderAt(<MembersPage />);
  await userEvent.click(await screen.findByRole("button", { name: "Change kim@example.com" }));
  await userEvent.click(screen.getByRole("radio", { name: "All, also those to come" }));
  await userEvent.click(screen.getByRole("button", { name: "Save" }));
  await waitFor(() => expect(sent.some((s) => s.method === "PATCH")).toBe(true));
  const patch = sent.find((s) => s.method === "PATCH")!;
  expect(patch.path).toBe("/v1/members/mem_2?unchanged_since=2026-01-01T00%3A00%3A00.000001Z");
  expect(JSON.parse(patch.body)).toEqual({ role: "developer", all_projects: true, projects: [{ project_id: "proj_1", role: "viewer" }] });
});

it("shows a developer their own part alone, and asks for nobody else's", async () => {
  const sent = server([], []);
  await renderAt(<MembersPage />, undefined, undefined, { member: { id: "mem_2", email: "kim@example.com", name: "Kim", role: "developer" } });
  expect(await screen.findByRole("heading", { name: "Your part" })).toBeTruthy();
  expect(screen.queryByRole("button", { name: "Invite somebody" })).toBeNull();
  expect(screen.queryByRole("button", { name: /Hand the workspace over/ })).toBeNull();
  expect(screen.getByRole("button", { name: /Leave the workspace/ })).toBeTruthy();
  expect(sent.filter((s) => /members|invitations/.test(s.path))).toEqual([]);
});

it("overwrites nothing of another who changed the same member, unless told to", async () => {
  const later = "2026-01-02T00:00:00Z";
  const there: object[] = [robin, kim];
  const sent = server(there, [], (s) => (s.path.includes(encodeURIComponent(later)) ? { body: kim } : { status: 409, body: { error: "This was changed meanwhile.", code: "changed_meanwhile", details: {} } }));
  await renderAt(<MembersPage />);
  await userEvent.click(await screen.findByRole("button", { name: "Change kim@example.com" }));
  await userEvent.click(screen.getByRole("radio", { name: "All, also those to come" }));
  there[1] = { ...kim, role: "viewer", updated_at: later };
  await userEvent.click(screen.getByRole("button", { name: "Save" }));
  const told = await screen.findByRole("alertdialog", { name: "The member was changed meanwhile" });
  expect(within(told).getByRole("list", { name: "What differs" }).textContent).toContain("RoleThere nowviewerYoursdeveloper");
  await userEvent.click(within(told).getByRole("button", { name: "Keep mine, write over theirs" }));
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  expect(sent.filter((s) => s.method === "PATCH").map((s) => new URLSearchParams(s.path.split("?")[1]).get("unchanged_since"))).toEqual([kim.updated_at, later]);
});
