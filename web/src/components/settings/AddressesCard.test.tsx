import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, it, vi } from "vitest";
import { fakeFetch, renderAt } from "@/testing/render";
import { AddressesCard } from "./AddressesCard";

afterEach(() => vi.unstubAllGlobals());

it("saves no list that shuts its maker out, unless they say so", async () => {
  const at = "2026-05-01T00:00:00Z";
  const sent = fakeFetch((s) => {
    if (s.method === "GET") return { body: { addresses: ["10.0.0.0/8"], your_address: "203.0.113.7", updated_at: at } };
    const asked = JSON.parse(s.body) as { addresses: string[]; force: boolean };
    if (!asked.force) return { status: 409, body: { error: "The list would shut you out.", code: "shuts_you_out", details: { field: "addresses" } } };
    return { body: { addresses: asked.addresses, your_address: "203.0.113.7", updated_at: "2026-05-02T00:00:00Z" } };
  });
  await renderAt(<AddressesCard />);
  const field = await screen.findByLabelText<HTMLTextAreaElement>("Addresses and prefixes");
  expect(field.value).toBe("10.0.0.0/8");
  expect(screen.getByRole<HTMLButtonElement>("button", { name: "Save addresses" }).disabled).toBe(true);
  await userEvent.clear(field);
  await userEvent.type(field, "192.0.2.0/24, 2001:db8::/32");
  await userEvent.click(screen.getByRole("button", { name: "Save addresses" }));
  expect(await screen.findByText("The list would shut you out.")).toBeTruthy();
  expect(field.getAttribute("aria-invalid")).toBe("true");
  await userEvent.click(screen.getByLabelText(/Save it all the same/));
  await userEvent.click(screen.getByRole("button", { name: "Save addresses" }));
  expect(await screen.findByText("Only these addresses may use the console")).toBeTruthy();
  const puts = sent.filter((s) => s.method === "PUT").map((s) => JSON.parse(s.body));
  expect(puts).toEqual([
    { addresses: ["192.0.2.0/24", "2001:db8::/32"], force: false },
    { addresses: ["192.0.2.0/24", "2001:db8::/32"], force: true },
  ]);
});
