import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import { afterEach, expect, it, vi } from "vitest";
import type { Client } from "@/api/types";
import { fakeFetch, renderAt } from "@/testing/render";
import { ClientForm } from "./ClientForm";

afterEach(() => vi.unstubAllGlobals());

const client: Client = {
  id: "cli_1", name: "Backend", scopes: ["runs:read"], project_ids: [], environments: [], rate_limit: { requests: 10, window_seconds: 60 }, previous_secret_until: null, disabled_at: null,
  created_at: "2026-05-01T08:00:00Z", updated_at: "2026-05-01T08:00:00Z", last_used_at: null, last_used_address: null,
};

/** A server on which somebody else saved an hour later. */
function meanwhile(theirs: Partial<Client>) {
  const there = { ...client, ...theirs, updated_at: "2026-05-01T09:00:00Z" };
  return fakeFetch((s) => {
    if (s.path.startsWith("/v1/scopes")) return { body: { data: [{ name: "runs:read", group: "Runs", description: "See runs", default: true }] } };
    if (s.path === "/v1/clients/cli_1") return { body: there };
    if (s.method === "GET") return { body: { data: [], page_info: {} } };
    return s.path.includes(encodeURIComponent(there.updated_at)) ? { body: there } : { status: 409, body: { error: "It was changed.", code: "changed_meanwhile", details: {} } };
  });
}

const writes = (sent: ReturnType<typeof fakeFetch>) => sent.filter((s) => s.method === "PATCH").map((s) => JSON.parse(s.body) as object);

it("sends what was changed alone, beside what somebody else changed", async () => {
  const sent = meanwhile({ name: "Theirs" });
  const done = vi.fn();
  await renderAt(<ClientForm kind="client" old={client} projectId="proj_1" open setOpen={() => undefined} done={done} />);
  fireEvent.change(await screen.findByLabelText("Most requests"), { target: { value: "" } });
  fireEvent.click(screen.getByRole("button", { name: "Save" }));
  await waitFor(() => expect(done).toHaveBeenCalled());
  const none = { rate_limit: { requests: 0, window_seconds: 60 } };
  expect(writes(sent)).toEqual([none, none]);
});

it("asks whose name holds where both gave it one", async () => {
  const sent = meanwhile({ name: "Theirs" });
  const done = vi.fn();
  await renderAt(<ClientForm kind="client" old={client} projectId="proj_1" open setOpen={() => undefined} done={done} />);
  fireEvent.change(await screen.findByLabelText("Name"), { target: { value: "Mine" } });
  fireEvent.click(screen.getByRole("button", { name: "Save" }));
  const told = within(await screen.findByRole("alertdialog", { name: "The API client was changed meanwhile" }));
  expect(told.getByRole("list").textContent).toBe("NameThere nowTheirsYoursMine");
  expect(done).not.toHaveBeenCalled();
  fireEvent.click(told.getByRole("button", { name: "Keep mine, write over theirs" }));
  await waitFor(() => expect(done).toHaveBeenCalled());
  expect(writes(sent)).toEqual([{ name: "Mine" }, { name: "Mine" }]);
});
