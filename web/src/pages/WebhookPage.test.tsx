import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, it, vi } from "vitest";
import { fakeFetch, renderAt } from "@/testing/render";
import { WebhookPage } from "./WebhookPage";

afterEach(() => vi.unstubAllGlobals());

const webhook = (url: string, changed_at: string) => ({ id: "whk_1", url, signing_key_set: true, status: "active", created_at: 1_770_000_000, updated_at: 1_770_000_000, changed_at });

it("sets a webhook, shows its key once, and tells of another address that somebody else set meanwhile", async () => {
  let there: ReturnType<typeof webhook> | null = null;
  const sent = fakeFetch((s) => {
    if (s.path.startsWith("/v1/audit_log")) return { body: { data: [], page_info: {} } };
    if (s.method !== "PUT") return { body: { data: there } };
    if (!s.path.includes(encodeURIComponent(there?.changed_at ?? "0001-01-01T00:00:00Z"))) return { status: 409, body: { error: "This was changed meanwhile.", code: "changed_meanwhile" } };
    const key = there ? {} : { signing_key: "5b".repeat(32) };
    there = webhook((JSON.parse(s.body) as { url: string }).url, "2026-01-02T00:00:00Z");
    return { body: { data: { ...there, ...key } } };
  });
  await renderAt(<WebhookPage />);
  const url = await screen.findByLabelText<HTMLInputElement>("URL");
  await userEvent.type(url, "https://acme.test/hook");
  await userEvent.click(screen.getByRole("button", { name: "Set webhook" }));
  const key = await screen.findByRole("dialog", { name: "Copy the signing key now" });
  await userEvent.click(within(key).getByRole("checkbox"));
  await userEvent.click(within(key).getByRole("button", { name: "Done" }));
  await userEvent.type(url, "/2");
  there = webhook("https://acme.test/theirs", "2026-01-03T00:00:00Z");
  await userEvent.click(screen.getByRole("button", { name: "Save" }));
  const dialog = await screen.findByRole("alertdialog", { name: "The webhook was changed meanwhile" });
  expect(within(dialog).getByText("https://acme.test/theirs")).toBeTruthy();
  await userEvent.click(within(dialog).getByRole("button", { name: "Keep mine, write over theirs" }));
  expect(await screen.findByText("Webhook changed")).toBeTruthy();
  expect(url.value).toBe("https://acme.test/hook/2");
  expect(sent.filter((s) => s.method === "PUT").map((s) => (JSON.parse(s.body) as { url: string }).url)).toEqual(["https://acme.test/hook", "https://acme.test/hook/2", "https://acme.test/hook/2"]);
});
