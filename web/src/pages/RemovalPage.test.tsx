import { screen } from "@testing-library/react";
import { afterEach, expect, it, vi } from "vitest";
import { fakeFetch, renderAt } from "@/testing/render";
import { RemovalPage } from "./RemovalPage";

afterEach(() => vi.unstubAllGlobals());

it("tells what is left of a project, until nothing is", async () => {
  let left = 2;
  const sent = fakeFetch(() =>
    left-- > 0
      ? { body: { name: "Shop", deleted_at: "2026-05-01T00:00:00Z", triggers: 0, users: 10_000, grants: 3, most: 10_000 } }
      : { status: 404, body: { error: "There is no such project.", code: "project_not_found" } },
  );
  await renderAt(<RemovalPage />, "/deleted-projects/proj_1", "/deleted-projects/$projectId");
  expect(await screen.findByText("What is left of Shop")).toBeTruthy();
  expect(screen.getByText("none left")).toBeTruthy();
  expect(screen.getByText("10,000 or more left")).toBeTruthy();
  expect(screen.getByText("3 left")).toBeTruthy();
  expect((await screen.findByText("Nothing is left of Shop.", undefined, { timeout: 60_000 })).getAttribute("role")).toBe("status");
  expect(sent.map((s) => s.path)).toEqual(Array(3).fill("/console/api/removals/proj_1"));
}, 90_000);
