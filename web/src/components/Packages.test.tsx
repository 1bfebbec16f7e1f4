import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it } from "vitest";
import type { PrivateComponent } from "@/api/types";
import { fakeFetch, renderAt, type Sent } from "@/testing/render";
import { Packages } from "./Packages";

const at = "2026-01-01T00:00:00Z";
const part = (key: string) => ({ key, version: "1.2.0", type: "trigger", app: "crm", author: "cl_1", created_at: at });
const installed = { name: "@acme/crm", version: "1.2.0", bundle: "ab", license: "MIT", accepted_at: at, author: "cl_1", components: [part("~/new-deal"), part("~/new-lead")], refused: [{ path: "lib/x.mjs", why: "It exports nothing." }], intact: null, created_at: at };
const components = [{ key: "~/new-deal", triggers: 3 }] as PrivateComponent[];
const refused = (code: string, error: string) => ({ status: 409, body: { error, code } });

function server(all: object[] = [installed]) {
  return fakeFetch((s) => {
    if (s.path.startsWith("/v1/clients")) return { body: { data: [{ id: "cl_1", name: "CI" }] } };
    if (s.method === "DELETE") return s.path.includes("force=true") ? { status: 204 } : refused("component_in_use", "Three triggers are deployed with it.");
    if (s.method === "POST") return s.path.includes("accept_license=true") ? { body: installed } : refused("license_not_accepted", "Its license is MIT: accept it.");
    return { body: { data: s.path.includes("verify") ? all.map((p) => ({ ...p, intact: false })) : all } };
  });
}
const calls = (sent: Sent[], method: string) => sent.filter((s) => s.method === method).map((s) => s.path);

it("shows what is in a package, under which license, and who uses it", async () => {
  server();
  await renderAt(<Packages components={components} />);
  const list = await screen.findByRole("list", { name: "Installed packages" });
  for (const words of ["@acme/crm", "MIT", "2 components", "3 deployed", "1 module is no component", "It exports nothing."]) expect(within(list).getByText(words)).toBeTruthy();
  expect(within(list).getByRole("link", { name: "~/new-lead" }).getAttribute("href")).toContain("/private-components/new-lead");
  await userEvent.click(screen.getByRole("button", { name: "Check the content" }));
  expect(await screen.findByText("Its content was changed")).toBeTruthy();
});

it("asks for the license of what is installed, once it is known", async () => {
  const sent = server([]);
  await renderAt(<Packages components={[]} />);
  await userEvent.click(screen.getByRole("button", { name: "Install or update" }));
  await userEvent.upload(await screen.findByLabelText("Package"), new File(["x"], "crm.tgz"));
  const install = screen.getByRole("button", { name: "Install" });
  await userEvent.click(install);
  expect(await screen.findByText("Its license is MIT: accept it.")).toBeTruthy();
  expect(install).toHaveProperty("disabled", true);
  await userEvent.click(screen.getByRole("checkbox", { name: /accept it/ }));
  await userEvent.click(install);
  await waitFor(() => expect(calls(sent, "POST")).toEqual(["/v1/component_packages", "/v1/component_packages?accept_license=true"]));
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
});

it("says what stops before one is removed, and insists where it is in use", async () => {
  const sent = server();
  await renderAt(<Packages components={components} />);
  await userEvent.click(await screen.findByRole("button", { name: "Remove @acme/crm" }));
  expect((await screen.findByRole("alertdialog")).textContent).toContain("the 3 triggers that are deployed with them stop");
  await userEvent.click(screen.getByRole("button", { name: "Remove package" }));
  await userEvent.click(await screen.findByRole("button", { name: "Remove it all the same" }));
  await waitFor(() => expect(calls(sent, "DELETE")).toEqual(["/v1/component_packages/%40acme%2Fcrm", "/v1/component_packages/%40acme%2Fcrm?force=true"]));
});
