import { fireEvent, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, it, vi } from "vitest";
import { fakeFetch, renderAt, type Sent } from "@/testing/render";
import { BrandingPage } from "./BrandingPage";

afterEach(() => vi.unstubAllGlobals());

const none = { accent: null, background: null, surface: null, text: null };
const settings = { product: null, mode: null, light: none, dark: none, radius: null, font: null, texts: null, support_email: null, support_url: null, privacy_url: null, terms_url: null };
const state = (own: object, more: object = {}) => ({
  settings: { ...settings, ...own }, files: [], warnings: [], updated_at: null,
  brand: { ...settings, product: "My SaaS", mode: "auto", radius: 14, font: "system", texts: {}, logo_url: null, logo_dark_url: null, font_url: null, ...own }, ...more,
});

function server(put?: (s: Sent, body: { product: string | null }) => object) {
  return fakeFetch((s) => {
    if (s.path.endsWith("/connect_domain")) return { body: { data: null } };
    if (s.method === "PUT") return (put?.(s, JSON.parse(s.body) as { product: string | null }) ?? { body: state(JSON.parse(s.body) as object) }) as { body: object };
    return { body: state({}) };
  });
}

it("tries what is changed, warns, and stores it only when told to", async () => {
  const warning = { mode: "light", colour: "text", on: "surface", ratio: 2.1, minimum: 4.5, message: "In light mode the text is hard to read: 2.10 : 1." };
  const sent = server((_, body) => ({ body: state(body, { warnings: [warning] }) }));
  await renderAt(<BrandingPage />, "/projects/proj_1/development/branding");
  const save = await screen.findByRole("button", { name: "Save" });
  expect((save as HTMLButtonElement).disabled).toBe(true);
  fireEvent.change(screen.getByLabelText("Name of the product"), { target: { value: "Northwind" } });
  expect(await screen.findByText(warning.message, {}, { timeout: 4_000 })).toBeTruthy();
  expect(sent.filter((s) => s.method === "PUT").every((s) => s.path.endsWith("?dry_run=true"))).toBe(true);
  expect(screen.getByText("Not saved")).toBeTruthy();
  await userEvent.click(save);
  await waitFor(() => expect(sent.find((s) => s.method === "PUT" && /brand\?unchanged_since=/.test(s.path))?.body).toContain('"product":"Northwind"'));
  expect(await screen.findByText("Saved")).toBeTruthy();
});

it("does not send a colour that is none, nor lets it be saved", async () => {
  const sent = server();
  await renderAt(<BrandingPage />, "/projects/proj_1/development/branding");
  fireEvent.change(await screen.findByRole("textbox", { name: "Accent" }), { target: { value: "red" } });
  expect(await screen.findByText("Cannot be saved")).toBeTruthy();
  expect((screen.getByRole("button", { name: "Save" }) as HTMLButtonElement).disabled).toBe(true);
  await new Promise((ok) => setTimeout(ok, 300));
  expect(sent.some((s) => s.method === "PUT")).toBe(false);
  await userEvent.click(screen.getByRole("button", { name: "Discard" }));
  expect(await screen.findByText("Saved")).toBeTruthy();
});

it("says what the server refuses, in its words", async () => {
  server(() => ({ status: 400, body: { error: "product: The name is taken by nobody.", code: "brand_product", details: {} } }));
  await renderAt(<BrandingPage />, "/projects/proj_1/development/branding");
  fireEvent.change(await screen.findByLabelText("Name of the product"), { target: { value: "X" } });
  expect(await screen.findByText("product: The name is taken by nobody.", {}, { timeout: 4_000 })).toBeTruthy();
  await waitFor(() => expect((screen.getByRole("button", { name: "Save" }) as HTMLButtonElement).disabled).toBe(true));
});
