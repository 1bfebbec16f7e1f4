import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, it, vi } from "vitest";
import type { Project } from "@/api/types";
import { fakeFetch, renderAt } from "@/testing/render";
import { DeleteProjectCard } from "./DeleteProjectCard";
import { LogoCard } from "./LogoCard";

afterEach(() => vi.unstubAllGlobals());

const project = { id: "proj_1", name: "Shop & Co" } as Project;

it("deletes a project whose name was typed, and shows how far that is", async () => {
  const sent = fakeFetch(() => ({ status: 204 }));
  const { router } = await renderAt(<DeleteProjectCard project={project} />);
  await userEvent.click(screen.getByRole("button", { name: "Delete this project…" }));
  const act = await screen.findByRole<HTMLButtonElement>("button", { name: "Delete project" });
  await userEvent.type(screen.getByLabelText("Type the name to confirm"), "shop & co");
  expect(act.disabled).toBe(true);
  await userEvent.clear(screen.getByLabelText("Type the name to confirm"));
  await userEvent.type(screen.getByLabelText("Type the name to confirm"), "Shop & Co");
  await userEvent.click(act);
  await waitFor(() => expect(router.state.location.pathname).toBe("/deleted-projects/proj_1"));
  expect(sent.map((s) => `${s.method} ${s.path}`)).toEqual(["DELETE /v1/connect/projects/proj_1"]);
});

it("gives both environments a logo, and takes it from where it is", async () => {
  const files = [{ kind: "logo", url: "/brand/1.svg", type: "image/svg+xml", created_at: "2026-05-01T00:00:00Z" }];
  let logos: string[] = [];
  const sent = fakeFetch((s) => {
    if (s.method === "POST") logos = ["development"];
    if (s.method === "DELETE") logos = [];
    return s.method === "GET" ? { body: { files: logos.includes(s.headers.get("x-pd-environment") ?? "") ? files : [] } } : s.method === "DELETE" ? { status: 204 } : { body: {} };
  });
  await renderAt(<LogoCard project={project} />);
  await userEvent.upload(screen.getByLabelText("Logo file"), new File(["<svg/>"], "logo.svg", { type: "image/svg+xml" }));
  expect(await screen.findByAltText("Logo in development")).toBeTruthy();
  expect(screen.getByLabelText("No logo in production")).toBeTruthy();
  const post = sent.find((s) => s.method === "POST")!;
  expect([post.path, JSON.parse(post.body)]).toEqual(["/v1/connect/projects/proj_1/logo", { logo: `data:image/svg+xml;base64,${btoa("<svg/>")}` }]);
  await userEvent.click(screen.getByRole("button", { name: "Take away" }));
  expect(await screen.findByRole("button", { name: "Upload a logo" })).toBeTruthy();
  expect(sent.filter((s) => s.method === "DELETE").map((s) => s.headers.get("x-pd-environment"))).toEqual(["development"]);
});
