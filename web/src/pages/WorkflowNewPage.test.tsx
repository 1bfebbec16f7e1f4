import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, it, vi } from "vitest";
import { fakeFetch, renderAt } from "@/testing/render";
import { WorkflowNewPage } from "./WorkflowNewPage";

afterEach(() => vi.unstubAllGlobals());

const source = "# Says hello.\nname: Greet\ntriggers:\n  - {name: http, type: http, auth: none}\nsteps:\n  - {name: hello, type: respond, body: Hello}\n";
const page_info = { total_count: 0, count: 0, start_cursor: null, end_cursor: null };

it("begins with a template, and keeps its comments", async () => {
  const sent = fakeFetch((s) => {
    if (s.path.endsWith("/workflow_templates")) return { body: { data: [{ key: "greet", name: "Greet", description: "Answers who calls.", source, triggers: ["http"], apps: [] }] } };
    if (s.path.endsWith("/validate")) return { body: { valid: true, problems: [] } };
    if (s.method === "POST") return { status: 201, body: { id: "p_1", name: "Greet", endpoint: {} } };
    return { body: { data: [], page_info } };
  });
  await renderAt(<WorkflowNewPage />, "/projects/proj_1/development/workflows/new");
  await userEvent.click(await screen.findByRole("button", { name: "From a template" }));
  await userEvent.click(await screen.findByRole("button", { name: /Answers who calls/ }));
  await screen.findByRole("heading", { name: "Greet" });
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  await userEvent.click(screen.getByRole("button", { name: "Create workflow" }));
  await waitFor(() => expect(sent.find((s) => s.method === "POST" && s.path.endsWith("/workflows"))?.body).toBe(source));
});
