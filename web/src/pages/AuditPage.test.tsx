import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, it, vi } from "vitest";
import { fakeFetch as fetches, renderAt, type Sent } from "@/testing/render";
import { AuditPage } from "./AuditPage";

afterEach(() => vi.unstubAllGlobals());

/** The log is sent nowhere; what else is asked is a test's own. */
function fakeFetch(answer: (s: Sent) => { body?: unknown }): { path: string }[] {
  const asked: Sent[] = [];
  fetches((s) => {
    if (s.path === "/v1/audit_log/webhook") return { body: { data: null } };
    asked.push(s);
    return answer(s);
  });
  return asked;
}

const entry = { id: "aud_1", action: "account.credentials_read", subject: "apn_1", external_user_id: "ada", project_id: "proj_1", environment: "development", details: {}, request_id: "req_1", created_at: "2026-05-01T12:00:00Z", actor: { kind: "connect_token", id: "cli_9", name: null, address: "203.0.113.7" } };
const list = (data: unknown[]) => ({ body: { data, page_info: { total_count: data.length, count: data.length, start_cursor: null, end_cursor: null } } });

it("says who did what, and from where", async () => {
  fakeFetch(() => list([entry, { ...entry, id: "aud_2", action: "client.deleted", external_user_id: null, actor: { kind: "member", id: "mem_1", name: "robin@example.com", address: null } }]));
  await renderAt(<AuditPage />);
  const [, first, second] = await screen.findAllByRole("row");
  expect(within(first!).getByText("203.0.113.7")).toBeTruthy();
  // A client without a name is called by its id.
  expect(within(first!).getAllByTitle("cli_9")[0]?.textContent).toBe("cli_9 (connect token)");
  expect(within(second!).getAllByTitle("mem_1")[0]?.textContent).toBe("robin@example.com (member)");
});

it("asks for what the filters say, and gives them up again", async () => {
  const sent = fakeFetch((s) => list(s.path.includes("subject") ? [] : [entry]));
  await renderAt(<AuditPage />);
  await screen.findAllByRole("row");
  await userEvent.type(screen.getByLabelText("Exact id of what"), "apn_2");
  await waitFor(() => expect(sent.at(-1)?.path).toBe("/v1/audit_log?subject=apn_2"));
  await userEvent.click((await screen.findAllByRole("button", { name: /Clear/ }))[0]!);
  expect(await screen.findAllByRole("row")).toHaveLength(2);
});

it("tells what was and what is, and takes the log away as it is filtered", async () => {
  const changed = { ...entry, action: "project.changed", details: { fields: ["client_secret", "name"], before: { name: "Before" }, after: { name: "After", client_secret: "(changed)" } } };
  const sent = fakeFetch((s) => (s.path.includes("/export") ? { body: "seq\n" } : list([changed])));
  vi.stubGlobal("URL", Object.assign(URL, { createObjectURL: () => "blob:x", revokeObjectURL: () => undefined }));
  await renderAt(<AuditPage />);
  const row = (await screen.findAllByRole("row"))[1]!;
  expect(within(row).getByText("Before").tagName).toBe("DEL");
  expect(within(row).getByText(/After/)).toBeTruthy();
  expect(within(row).getByText("(changed)")).toBeTruthy();
  await userEvent.click(screen.getByRole("button", { name: "JSONL" }));
  await waitFor(() => expect(sent.at(-1)?.path).toBe("/v1/audit_log/export?format=jsonl"));
});
