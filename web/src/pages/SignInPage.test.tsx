import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, it, vi } from "vitest";
import { fakeFetch, renderAt } from "@/testing/render";
import { SignInPage } from "./SignInPage";

afterEach(() => vi.unstubAllGlobals());

const refused = { error: "The e-mail or the password is wrong.", code: "sign_in", details: { request_id: "req_1" } };
const nobody = { status: 401, body: { error: "Sign in first.", code: "unauthenticated", details: {} } };

async function fill() {
  await userEvent.type(screen.getByLabelText("E-mail"), "robin@example.com");
  await userEvent.type(screen.getByLabelText("Password"), "secret");
  await userEvent.click(screen.getByRole("button", { name: "Sign in" }));
}

it("shows the API's sentence and lets one try the password again", async () => {
  const sent = fakeFetch((s) => (s.method === "POST" ? { status: 401, body: refused } : nobody));
  await renderAt(<SignInPage />, "/sign-in", "/sign-in");
  expect(document.activeElement).toBe(screen.getByLabelText("E-mail"));
  await fill();
  expect((await screen.findByRole("alert")).textContent).toBe("The e-mail or the password is wrong.");
  const password = screen.getByLabelText<HTMLInputElement>("Password");
  expect(password.value).toBe("");
  expect(document.activeElement).toBe(password);
  expect(screen.getByLabelText<HTMLInputElement>("E-mail").value).toBe("robin@example.com");
  const post = sent.find((s) => s.method === "POST");
  expect(post?.path).toBe("/console/api/session");
  expect(JSON.parse(post?.body ?? "")).toEqual({ email: "robin@example.com", password: "secret" });
});

it("says how long to wait after too many tries", async () => {
  fakeFetch((s) => (s.method === "POST" ? { status: 429, body: { error: "Too many tries.", code: "rate_limited", details: {} }, headers: { "retry-after": "120" } } : nobody));
  await renderAt(<SignInPage />, "/sign-in", "/sign-in");
  await fill();
  expect((await screen.findByRole("alert")).textContent).toBe("Too many tries. Try again in 2 minutes.");
});

it("explains a used one-time link", async () => {
  fakeFetch(() => nobody);
  await renderAt(<SignInPage />, "/sign-in?reason=link", "/sign-in");
  expect(screen.getByRole("status", { name: "" }).textContent).toContain("used before or has expired");
});

it("leads home after signing in, and never off this site", async () => {
  fakeFetch((s) => (s.method === "POST" ? { body: { member: {} } } : nobody));
  const { router } = await renderAt(<SignInPage />, "/sign-in?next=//evil.example/x", "/sign-in");
  await fill();
  await waitFor(() => expect(router.state.location.pathname).toBe("/"));
});

it("goes on to an invitation as somebody who is a member of nothing", async () => {
  fakeFetch((s) => (s.method === "POST" ? { status: 401, body: { error: "You are a member of no workspace.", code: "no_workspace", details: {} } } : nobody));
  const { router } = await renderAt(<SignInPage />, "/sign-in?next=%2Finvitation", "/sign-in");
  await fill();
  await waitFor(() => expect(router.state.location.pathname).toBe("/invitation"));
});
