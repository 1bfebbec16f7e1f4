import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, it, vi } from "vitest";
import type { Project } from "@/api/types";
import { fakeFetch, renderAt } from "@/testing/render";
import { PromoteCard } from "./PromoteCard";

afterEach(() => vi.unstubAllGlobals());

const item = (id: string, action: string, more = {}) => ({ id, kind: id.split(":")[0], name: id.split(":")[1] ?? null, action, fields: [], before: null, after: null, ...more });
const plan = {
  from: "development",
  to: "production",
  fingerprint: "f1",
  items: [
    item("brand", "create", { fields: ["product"], after: { product: "Acme" } }),
    item("variable:API_URL", "update", { fields: ["value"], before: { value: "https://old" }, after: { value: "https://new" } }),
    item("variable:TOKEN", "secret"),
    item("variable:SAME", "none"),
  ],
};

it("shows what would change, does what is chosen, and says when the plan is old", async () => {
  let old = true;
  const sent = fakeFetch(({ method }) => {
    if (method === "GET") return { body: plan };
    return old ? { status: 409, body: { error: "The settings were changed since the plan was made.", code: "promotion_changed", details: {} } } : { body: { ...plan, items: plan.items.slice(1, 2) } };
  });
  await renderAt(<PromoteCard project={{ id: "proj_1" } as Project} />);
  await userEvent.click(screen.getByRole("button", { name: "See what would change" }));
  const dialog = within(await screen.findByRole("dialog"));
  expect(dialog.getByText(/set by hand in production: TOKEN/)).toBeTruthy();
  expect(dialog.getByText("One setting is the same already.")).toBeTruthy();
  expect(dialog.getByText("https://old").tagName).toBe("DEL");
  await userEvent.click(dialog.getByLabelText("Brand"));
  await userEvent.click(dialog.getByRole("button", { name: "Take one setting over" }));
  expect((await dialog.findByRole("alert")).textContent).toBe("The settings were changed since the plan was made.");
  old = false;
  await userEvent.click(dialog.getByRole("button", { name: "Take one setting over" }));
  expect(await screen.findByText("Taken over into production")).toBeTruthy();
  expect(sent.map((s) => s.path)).toEqual(["/v1/projects/proj_1/promotion?from=development&to=production", "/v1/projects/proj_1/promotion", "/v1/projects/proj_1/promotion"]);
  expect(JSON.parse(sent.at(-1)!.body)).toEqual({ from: "development", to: "production", fingerprint: "f1", items: ["variable:API_URL"] });
});
