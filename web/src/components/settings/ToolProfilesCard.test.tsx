import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, it, vi } from "vitest";
import { fakeFetch, renderAt } from "@/testing/render";
import { ToolProfilesCard } from "./ToolProfilesCard";

afterEach(() => vi.unstubAllGlobals());

const page = (data: object[]) => ({ data, page_info: { total_count: data.length, count: data.length, start_cursor: null, end_cursor: null } });
const at = "2026-11-23T10:00:00Z";

const made = { id: "tpf_1", name: "desk", description: "", meta_tools: [], tools: [{ component_id: "slack-send-message" }], url: "https://p.example/mcp/p/proj_1/development/desk", created_at: at, updated_at: at };

/** A server that keeps profiles, and refuses an argument that there is not. */
function server(there: object[]) {
  return fakeFetch((s) => {
    const body = s.body ? (JSON.parse(s.body) as Record<string, unknown>) : {};
    if (s.path.includes("/components")) return { body: page([{ key: "slack-send-message", name: "Send Message", version: "0.1.0", configurable_props: [] }]) };
    if (s.method === "DELETE") there = [];
    if (s.method === "POST" || s.method === "PUT") {
      if (JSON.stringify(body["tools"]).includes("colour")) return { status: 400, body: { error: "slack-send-message takes no argument colour.", code: "tool_profile_tool", details: { field: "tools.0" } } };
      there = [{ ...made, ...body }];
      return { status: s.method === "POST" ? 201 : 200, body: there[0] };
    }
    return s.method === "DELETE" ? { status: 204, body: undefined } : { body: page(there) };
  });
}

const show = () => renderAt(<ToolProfilesCard />, "/projects/proj_1/development/settings", "/projects/$projectId/$environment/settings");

it("makes a profile of tools that are searched for", async () => {
  const sent = server([]);
  await show();
  await screen.findByText(/There is none yet/);
  await userEvent.click(screen.getByText("New profile"));
  await userEvent.click(await screen.findByLabelText("Name"));
  await userEvent.paste("desk");
  expect(screen.getByText<HTMLButtonElement>("Make profile").disabled).toBe(true);
  await userEvent.click(screen.getByLabelText("Search actions"));
  await userEvent.paste("send");
  await userEvent.click(await screen.findByRole("button", { name: "Add Send Message slack-send-message" }));
  await userEvent.click(screen.getByText("Make profile"));
  await screen.findByLabelText("Edit desk");
  expect(sent.filter((s) => s.method === "POST").at(-1)?.body).toBe('{"description":"","meta_tools":[],"tools":[{"component_id":"slack-send-message"}],"name":"desk"}');
});

it("changes a profile for who has seen it, and deletes it", async () => {
  const sent = server([made]);
  await show();
  await userEvent.click(await screen.findByLabelText("Edit desk"));
  await userEvent.click(await screen.findByLabelText("Description"));
  await userEvent.paste("For the desk.");
  await userEvent.click(screen.getByLabelText("Find tools"));
  await userEvent.click(screen.getByText("Save"));
  await userEvent.click(await screen.findByLabelText("Delete desk"));
  await userEvent.click(await screen.findByText("Delete profile"));
  await screen.findByText(/There is none yet/);
  const put = sent.find((s) => s.method === "PUT");
  expect(put?.path).toContain(`/mcp/profiles/desk?unchanged_since=${encodeURIComponent(at)}`);
  expect(put?.body).toBe('{"description":"For the desk.","meta_tools":["search_tools"],"tools":[{"component_id":"slack-send-message"}]}');
  expect(sent.some((s) => s.method === "DELETE" && s.path.endsWith("/mcp/profiles/desk"))).toBe(true);
});

it("says at a tool what is wrong with what is set for it", async () => {
  const sent = server([made]);
  await show();
  await userEvent.click(await screen.findByLabelText("Edit desk"));
  await userEvent.click(await screen.findByLabelText("Set for the agent"));
  await userEvent.paste('{"colour": ');
  expect(screen.getByText("It is no object in JSON.")).toBeTruthy();
  await userEvent.paste('"red"}');
  await userEvent.click(screen.getByText("Save"));
  expect(await screen.findByText("slack-send-message takes no argument colour.")).toBeTruthy();
  await userEvent.clear(screen.getByLabelText("Set for the agent"));
  await userEvent.paste('{"channel": "C1"}');
  await userEvent.click(screen.getByText("Save"));
  await vi.waitFor(() => expect(sent.filter((s) => s.method === "PUT").at(-1)?.body).toBe('{"description":"","meta_tools":[],"tools":[{"component_id":"slack-send-message","preset":{"channel":"C1"}}]}'));
});
