import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, it, vi } from "vitest";
import { fakeFetch, renderAt } from "@/testing/render";
import { RenameProgress, RenameUser } from "./RenameUser";

afterEach(() => vi.unstubAllGlobals());

const rename = {
  id: "urn_1", user_id: "exu_1", external_user_id: "u-1", former_id: "ada@example.com", former_hash: "ab", status: "settling", moved: { runs: 2, events: 1200 }, created_at: "2026-05-01T12:00:00Z", moved_at: null, finished_at: null,
};

it("changes an id once the one that goes was typed, and says why it was refused", async () => {
  let taken = true;
  const sent = fakeFetch(() => (taken ? { status: 409, body: { error: "Another user has this id.", code: "user_id_taken", details: { field: "external_user_id" } } } : { status: 202, body: rename }));
  await renderAt(<RenameUser user="ada@example.com" />);
  await userEvent.click(screen.getByRole("button", { name: "Change id" }));
  const act = screen.getByRole<HTMLButtonElement>("button", { name: "Change id" });
  await userEvent.type(screen.getByLabelText("New id"), "u-1");
  expect(act.disabled).toBe(true);
  await userEvent.type(screen.getByLabelText(/Type the id that goes/), "ada@example.com");
  await userEvent.click(act);
  expect(await screen.findByText("Another user has this id.")).toBeTruthy();
  taken = false;
  await userEvent.click(act);
  expect(await screen.findByText("The user has the new id")).toBeTruthy();
  const post = sent.filter((s) => s.method === "POST").at(-1)!;
  expect(post.path).toBe("/v1/projects/proj_1/users/ada%40example.com/rename");
  expect(JSON.parse(post.body)).toEqual({ external_user_id: "u-1" });
});

it("tells how far it is, and where somebody is found who is gone from here", async () => {
  fakeFetch(() => ({ body: { data: [rename], page_info: {} } }));
  await renderAt(
    <>
      <RenameProgress user="u-1" gone={false} />
      <RenameProgress user="ada@example.com" gone />
    </>,
  );
  expect((await screen.findByRole("status")).textContent).toMatch(/for ada@example.com. What happened before was moved: 1,200 events, 2 runs. What comes late/);
  expect((await screen.findByRole("link", { name: "u-1" })).getAttribute("href")).toContain("u-1");
});
