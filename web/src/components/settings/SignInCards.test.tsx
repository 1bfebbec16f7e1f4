import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, it, vi } from "vitest";
import { fakeFetch, renderAt } from "@/testing/render";
import { SignInCards } from "./SignInCards";

afterEach(() => vi.unstubAllGlobals());

it("sets the pages that know who is signed in, and says at the field what is against one", async () => {
  let verification: object = { verify_url: null, enabled: null, active: false };
  let mcp: object = { url: "https://patchbay.example/mcp/p/proj_1/development", sign_in_url: null, programs_url: "https://patchbay.example/connect/programs/proj_1/development", approval: "none" };
  const sent = fakeFetch((s) => {
    const body = s.method === "PUT" ? (JSON.parse(s.body) as Record<string, unknown>) : {};
    if (body["sign_in_url"] === "https://me@app.example/in") return { status: 400, body: { error: "A sign-in address names a page of yours, without a user.", code: "sign_in_url", details: { field: "sign_in_url" } } };
    if (s.method === "PUT" && s.path.includes("user_verification")) verification = { ...body, active: true };
    else if (s.method === "PUT") mcp = { ...mcp, ...body };
    return { body: s.path.includes("user_verification") ? verification : mcp };
  });
  await renderAt(<SignInCards />, "/projects/proj_1/development/settings", "/projects/$projectId/$environment/settings");
  await userEvent.click(await screen.findByLabelText("Your page"));
  await userEvent.paste("https://app.example/verify");
  await userEvent.click(screen.getAllByRole("button", { name: "Save" })[0]!);
  expect(await screen.findByText("Users are verified")).toBeTruthy();
  const field = screen.getByLabelText<HTMLInputElement>("Your sign-in page");
  expect(screen.getByText("https://patchbay.example/mcp/p/proj_1/development")).toBeTruthy();
  await userEvent.click(field);
  await userEvent.paste("https://me@app.example/in");
  await userEvent.click(screen.getAllByRole("button", { name: "Save" })[1]!);
  expect(await screen.findByText("A sign-in address names a page of yours, without a user.")).toBeTruthy();
  expect(field.getAttribute("aria-invalid")).toBe("true");
  await userEvent.clear(field);
  await userEvent.paste("https://app.example/in");
  await userEvent.click(screen.getAllByRole("button", { name: "Save" })[1]!);
  expect(await screen.findByText("Settings saved")).toBeTruthy();
  expect(sent.filter((s) => s.method === "PUT").map((s) => s.body)).toEqual([
    '{"verify_url":"https://app.example/verify","enabled":null}', '{"sign_in_url":"https://me@app.example/in"}', '{"sign_in_url":"https://app.example/in"}',
  ]);
});

it("keeps what is typed while somebody else saves, and shows both", async () => {
  let verification = { verify_url: "https://app.example/old", enabled: null, active: true, updated_at: "2026-05-01T12:00:00Z" };
  const sent = fakeFetch((s) => {
    if (s.path.includes("audit_log")) return { body: { data: [], page_info: { total_count: 0, count: 0, start_cursor: null, end_cursor: null } } };
    if (!s.path.includes("user_verification")) return { body: { url: "https://patchbay.example/mcp", sign_in_url: null, programs_url: "https://patchbay.example/connect/programs/proj_1/development", approval: "none", updated_at: null } };
    if (s.method === "PUT" && !s.path.includes(encodeURIComponent(verification.updated_at))) return { status: 409, body: { error: "It was changed meanwhile.", code: "changed_meanwhile", details: {} } };
    if (s.method === "PUT") verification = { ...verification, ...(JSON.parse(s.body) as object), updated_at: "2026-05-03T12:00:00Z" };
    return { body: verification };
  });
  await renderAt(<SignInCards />, "/projects/proj_1/development/settings", "/projects/$projectId/$environment/settings");
  const field = await screen.findByLabelText<HTMLInputElement>("Your page");
  verification = { ...verification, verify_url: "https://app.example/theirs", updated_at: "2026-05-02T12:00:00Z" };
  await userEvent.clear(field);
  await userEvent.paste("https://app.example/mine");
  await userEvent.click(screen.getAllByRole("button", { name: "Save" })[0]!);
  expect(await screen.findByText("https://app.example/theirs")).toBeTruthy();
  expect(field.value).toBe("https://app.example/mine");
  await userEvent.click(screen.getByRole("button", { name: /Keep mine/ }));
  expect(await screen.findByText("Users are verified")).toBeTruthy();
  expect(sent.filter((s) => s.method === "PUT").map((s) => new URLSearchParams(s.path.split("?")[1]).get("unchanged_since"))).toEqual(["2026-05-01T12:00:00Z", "2026-05-02T12:00:00Z"]);
});
