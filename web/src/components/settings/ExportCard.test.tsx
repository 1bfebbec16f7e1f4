import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, it, vi } from "vitest";
import type { Project } from "@/api/types";
import { fakeFetch, renderAt } from "@/testing/render";
import { ExportCard } from "./ExportCard";

afterEach(() => vi.unstubAllGlobals());

it("saves the archive, and says why there is none", async () => {
  let refuse = true;
  const sent = fakeFetch(() => (refuse ? { status: 403, body: { error: "Your role in this workspace does not allow this.", code: "role", details: {} } } : { body: "PK" }));
  const saved: Blob[] = [];
  vi.spyOn(URL, "createObjectURL").mockImplementation((b) => {
    saved.push(b as Blob);
    return "blob:1";
  });
  vi.spyOn(URL, "revokeObjectURL").mockImplementation(() => undefined);
  vi.spyOn(HTMLAnchorElement.prototype, "click").mockImplementation(() => undefined);
  await renderAt(<ExportCard project={{ id: "proj_1", name: "Shop" } as Project} />);
  await userEvent.click(screen.getByRole("button", { name: "Export this project" }));
  expect((await screen.findByRole("alert")).textContent).toBe("Your role in this workspace does not allow this.");
  refuse = false;
  await userEvent.click(screen.getByLabelText(/With what happened/));
  await userEvent.click(screen.getByRole("button", { name: "Export this project" }));
  expect(await screen.findByText("Project exported")).toBeTruthy();
  expect(saved[0]!.size).toBeGreaterThan(0);
  expect(sent.map((s) => s.path)).toEqual(["/v1/projects/proj_1/export", "/v1/projects/proj_1/export?include=history"]);
});
