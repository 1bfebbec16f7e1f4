import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, it, vi } from "vitest";
import { fakeFetch, renderAt } from "@/testing/render";
import { AuditKeepCard } from "./AuditKeepCard";

afterEach(() => vi.unstubAllGlobals());

it("says for how long the audit log is kept, and at its field why not", async () => {
  const sent = fakeFetch((s) => {
    const days = s.method === "GET" ? 0 : (JSON.parse(s.body) as { audit_keep_days: number }).audit_keep_days;
    if (days === 7) return { status: 400, body: { error: "The audit log is kept for 30 days at least.", code: "audit_keep_days", details: { field: "audit_keep_days" } } };
    return { body: { id: "o_1", name: "Acme", audit_keep_days: days, created_at: "2026-05-01T00:00:00Z", updated_at: null } };
  });
  await renderAt(<AuditKeepCard />);
  const field = await screen.findByLabelText<HTMLInputElement>("Days for which entries are kept");
  await userEvent.clear(field);
  await userEvent.type(field, "7");
  await userEvent.click(screen.getByRole("button", { name: "Save" }));
  expect(await screen.findByText("The audit log is kept for 30 days at least.")).toBeTruthy();
  expect(field.getAttribute("aria-invalid")).toBe("true");
  await userEvent.clear(field);
  await userEvent.type(field, "90");
  await userEvent.click(screen.getByRole("button", { name: "Save" }));
  expect(await screen.findByText("Settings saved")).toBeTruthy();
  expect(sent.filter((s) => s.method === "PATCH").map((s) => s.body)).toEqual(['{"audit_keep_days":7}', '{"audit_keep_days":90}']);
});
