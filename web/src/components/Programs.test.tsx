import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, it, vi } from "vitest";
import { fakeFetch, renderAt } from "@/testing/render";
import { Programs } from "./Programs";

afterEach(() => vi.unstubAllGlobals());

const allowed = {
  id: "mcpa_1", external_user_id: "ada", client: { id: "https://agent.example/client.json", name: "Assistant", host: "agent.example", redirect_uri: "https://agent.example/cb" },
  scopes: ["connect:actions:run"], tool_profile: "desk", created_at: "2026-11-21T10:00:00Z", updated_at: "2026-11-21T10:00:00Z", last_used_at: null,
};
const page = (data: object[]) => ({ data, page_info: { total_count: data.length, count: data.length, start_cursor: null, end_cursor: null } });

it("lists what a user allowed, with who answers for it, and takes it back", async () => {
  let there = [allowed];
  const sent = fakeFetch((s) => {
    if (s.method === "DELETE") there = [];
    return s.method === "DELETE" ? { status: 204, body: undefined } : { body: page(there) };
  });
  await renderAt(<Programs user="ada" />, "/projects/proj_1/development/users/ada", "/projects/$projectId/$environment/users/$externalUserId");
  expect(await screen.findByText("agent.example, tools of desk")).toBeTruthy();
  await userEvent.click(screen.getByRole("button", { name: "Take back Assistant" }));
  await userEvent.click(await screen.findByRole("button", { name: "Take back" }));
  await screen.findByText(/has allowed no program/);
  expect(sent.some((s) => s.method === "DELETE" && s.path.endsWith("/mcp/authorizations/mcpa_1"))).toBe(true);
  expect(sent[0]?.path).toContain("external_user_id=ada");
});
