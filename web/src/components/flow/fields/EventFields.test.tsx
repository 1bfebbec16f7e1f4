import { fireEvent, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useState } from "react";
import { expect, it } from "vitest";
import type { Node } from "@/lib/flow/tree";
import { fakeFetch, renderAt } from "@/testing/render";
import { EditorContext, type Editor } from "../editor";
import { EventFields } from "./EventFields";

const page_info = { total_count: 1, count: 1, start_cursor: null, end_cursor: null };
const component = {
  key: "acme-new-deal", name: "New deal", app: "acme", component_type: "trigger", description: "When a deal is made.", version: "0.1.0", annotations: null, registry: "public",
  configurable_props: [{ name: "acme", type: "app", app: "acme" }, { name: "stage", type: "string", label: "Stage" }],
};
const editor = { user: "", setUser: () => {}, fixed: false } as unknown as Editor;

/** The fields of a trigger as they are in the editor; `now` is what it has become. */
async function open(start: Partial<Node>) {
  const sent = fakeFetch((s) => {
    if (s.path.includes("/components/acme-new-deal")) return { body: { data: component } };
    if (s.path.includes("/components")) return { body: { data: [component], page_info } };
    if (s.path.includes("/accounts")) return { body: { data: [{ id: "apn_1", name: "Sales", external_id: "team", app: { name: "Acme", name_slug: "acme" } }], page_info } };
    return { body: { data: [], page_info } };
  });
  let now: Node = { name: "deals", type: "app_event", ...start };
  function Held() {
    const [node, setNode] = useState(now);
    const setAll = (fields: Record<string, unknown>) => {
      now = Object.fromEntries(Object.entries({ ...now, ...fields }).filter(([, v]) => v !== undefined)) as Node;
      setNode(now);
    };
    return (
      <EditorContext value={editor}>
        <EventFields node={node} path={["triggers", 0]} set={(key: string, v: unknown) => setAll({ [key]: v })} setAll={setAll} context={{}} wrong={{ component: "There is no such component." }} />
      </EditorContext>
    );
  }
  await renderAt(<Held />);
  const user = userEvent.setup();
  return {
    sent, user, now: () => now,
    async whom(words: RegExp) {
      await user.click(screen.getByRole("combobox", { name: "For whom" }));
      await user.click(await screen.findByRole("option", { name: words }));
    },
  };
}

it("offers triggers alone, and says what is wrong with the one that was written", async () => {
  const f = await open({});
  const field = screen.getByLabelText("Event");
  expect(field.getAttribute("aria-invalid")).toBe("true");
  expect(screen.getByText("There is no such component.")).toBeTruthy();
  fireEvent.change(field, { target: { value: "acme-new-deal" } });
  expect(await screen.findByText("When a deal is made.")).toBeTruthy();
  expect(f.now()).toEqual({ name: "deals", type: "app_event", component: "acme-new-deal" });
  expect(f.sent.filter((s) => s.path.includes("/components?")).every((s) => s.path.includes("component_type=trigger"))).toBe(true);
});

it("asks for whom it listens, and keeps no answer beside another", async () => {
  const f = await open({ component: "acme-new-deal" });
  await screen.findByText("When a deal is made.");
  await f.whom(/each user/);
  expect(f.now()).toEqual({ name: "deals", type: "app_event", component: "acme-new-deal", for_each_user: { app: "acme" } });
  await f.whom(/one user/);
  expect(f.now()).toEqual({ name: "deals", type: "app_event", component: "acme-new-deal", external_user_id: "" });
  await f.user.type(screen.getByRole("combobox", { name: "User" }), "ada");
  await waitFor(() => expect(f.now().external_user_id).toBe("ada"));
  await f.whom(/account of the project/);
  expect(f.now()).toEqual({ name: "deals", type: "app_event", component: "acme-new-deal", account: { of: "project", id: "" } });
  await f.user.click(screen.getByRole("combobox", { name: "Which account" }));
  await f.user.click(await screen.findByRole("option", { name: "Sales (team)" }));
  expect(f.now().account).toEqual({ of: "project", id: "apn_1" });
  expect(f.sent.some((s) => s.path.includes("/accounts?") && s.path.includes("app=acme"))).toBe(true);
  await f.whom(/nobody/);
  expect(f.now()).toEqual({ name: "deals", type: "app_event", component: "acme-new-deal" });
});
