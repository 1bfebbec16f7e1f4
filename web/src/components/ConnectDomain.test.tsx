import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, it, vi } from "vitest";
import { fakeFetch, renderAt } from "@/testing/render";
import { ConnectDomain } from "./ConnectDomain";

afterEach(() => vi.unstubAllGlobals());

const domain = (host: string, created_at: string) => ({ host, url: `https://${host}`, created_at });

it("sets a host where there was none, and shows one that somebody else set meanwhile", async () => {
  let there: ReturnType<typeof domain> | null = null;
  const sent = fakeFetch((s) => {
    if (s.path.startsWith("/v1/audit_log")) return { body: { data: [], page_info: {} } };
    if (s.method === "PUT") {
      if (!s.path.includes(encodeURIComponent(there?.created_at ?? "0001-01-01T00:00:00Z"))) return { status: 409, body: { error: "This was changed meanwhile.", code: "changed_meanwhile" } };
      there = domain((JSON.parse(s.body) as { host: string }).host, `2026-01-0${sent.length}T00:00:00Z`);
    }
    return { body: { data: there } };
  });
  await renderAt(<ConnectDomain />);
  const host = await screen.findByLabelText<HTMLInputElement>("Host");
  await userEvent.type(host, "connect.acme.example");
  await userEvent.click(screen.getByRole("button", { name: "Save domain" }));
  expect(await screen.findByText("https://connect.acme.example")).toBeTruthy();
  await userEvent.clear(host);
  await userEvent.type(host, "mine.acme.example");
  there = domain("theirs.acme.example", "2026-02-01T00:00:00Z");
  await userEvent.click(screen.getByRole("button", { name: "Save domain" }));
  const dialog = await screen.findByRole("alertdialog", { name: "The domain was changed meanwhile" });
  expect(within(dialog).getByText("theirs.acme.example")).toBeTruthy();
  await userEvent.click(within(dialog).getByRole("button", { name: "Take theirs" }));
  expect(await screen.findByText("https://theirs.acme.example")).toBeTruthy();
  expect(host.value).toBe("theirs.acme.example");
});
