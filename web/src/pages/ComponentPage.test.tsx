import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, it, vi } from "vitest";
import { fakeFetch, renderAt, type Sent } from "@/testing/render";
import { ComponentPage } from "./ComponentPage";

afterEach(() => {
  vi.unstubAllGlobals();
  sessionStorage.clear();
});

const list = (data: object[], end: string | null = null) => ({ data, page_info: { total_count: data.length, count: data.length, start_cursor: null, end_cursor: end } });
const hints = { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: true, title: "" };
const app = { name: "app", type: "app", app: "crm" };
const component = (type: "action" | "trigger", props: object[], more: object = {}) => ({
  key: "crm-it", name: "Do It", version: "1.0.0", description: "It does it.", component_type: type, configurable_props: props, annotations: type === "action" ? hints : null, app: "crm", ...more,
});

function server(c: object, answers: Record<string, (body: Record<string, unknown>, sent: Sent) => object> = {}) {
  return fakeFetch((s) => {
    const path = s.path.split("?")[0] ?? "";
    const special = Object.keys(answers).find((end) => path.endsWith(end));
    if (special) return answers[special]!(JSON.parse(s.body || "{}") as Record<string, unknown>, s) as { body: unknown };
    if (path.endsWith("/components/crm-it")) return { body: { data: c } };
    if (path.endsWith("/accounts")) return { body: list([{ id: "apn_1", name: "Ada’s CRM", external_id: "ada", healthy: true, dead: false, app: { name_slug: "crm" } }]) };
    if (path.endsWith("/users")) return { body: list([{ id: "exu_1", external_id: "ada" }]) };
    if (path.endsWith("/connect/apps/crm")) return { body: { data: { name_slug: "crm", name: "Acme CRM", img_src: "" } } };
    if (path.endsWith("/connect/apps")) return { body: list([{ name_slug: "crm", name: "Acme CRM", img_src: "" }]) };
    throw new Error(`nobody answers ${s.method} ${s.path}`);
  });
}
const show = (search = "?user=ada") => renderAt(<ComponentPage />, `/projects/proj_1/development/components/crm-it${search}`, "/projects/$projectId/$environment/components/$componentKey");
const bodies = (sent: Sent[], end: string) => sent.filter((s) => s.path.endsWith(end)).map((s) => JSON.parse(s.body) as Record<string, unknown>);

it("runs an action for a user with the only account there is, and shows result, exports and log", async () => {
  const sent = server(component("action", [app, { name: "text", type: "string", label: "Text" }, { name: "key", type: "string", label: "Key", secret: true }]), {
    "/actions/run": () => ({ body: { exports: { $summary: "Said it", id: 7 }, os: [{ k: "console.log", ts: 0, msg: "POST /say → 200" }], ret: { ok: true }, stash_id: null } }),
  });
  await show();
  await screen.findByDisplayValue("Ada’s CRM");
  await userEvent.click(screen.getByRole("button", { name: "Run" }));
  expect(await screen.findAllByText("Please fill this in.")).toHaveLength(2);
  expect(document.activeElement).toBe(screen.getByLabelText("Text"));
  await userEvent.type(screen.getByLabelText("Text"), "Hello");
  await userEvent.type(screen.getByLabelText("Key"), "s3cret{Enter}");
  await screen.findByText("Said it");
  expect(bodies(sent, "/actions/run")).toEqual([{ id: "crm-it", version: "1.0.0", external_user_id: "ada", configured_props: { app: { authProvisionId: "apn_1" }, text: "Hello", key: "s3cret" } }]);
  await userEvent.click(screen.getByRole("tab", { name: "Exports" }));
  expect(screen.getByRole("tabpanel", { name: "Exports" }).textContent).toContain('"id": 7');
  await userEvent.click(screen.getByRole("tab", { name: "Log (1)" }));
  expect(screen.getByRole("list", { name: "Log" }).textContent).toContain("00:00:00.000POST /say → 200");
  const code = screen.getByText(/curl -sS/).textContent ?? "";
  expect(code).toContain('"text": "Hello"');
  expect(code).not.toContain("s3cret");
  expect(JSON.stringify({ ...sessionStorage })).toContain("Hello");
  expect(JSON.stringify({ ...sessionStorage })).not.toContain("s3cret");
});

it("tells a failure of the component as an outcome, and a refusal of the API in the form", async () => {
  let n = 0;
  server(component("action", [app]), {
    "/actions/run": () =>
      n++ === 0
        ? { body: { exports: {}, os: [{ k: "error", ts: 0, err: { name: "Error", message: "not_in_channel" } }], ret: null, stash_id: null, error: { name: "Error", message: "not_in_channel", attribution: { origin: "app", status: 403 } } } }
        : { status: 429, body: { error: "Too many runs.", code: "rate_limited", details: {} } },
  });
  await show();
  await screen.findByDisplayValue("Ada’s CRM");
  await userEvent.click(screen.getByRole("button", { name: "Run" }));
  await screen.findByText("The app refused it");
  expect(screen.getByText("(status 403)")).toBeTruthy();
  await userEvent.click(screen.getByRole("button", { name: "Run" }));
  await screen.findByText("Too many runs.");
  expect(screen.queryByText("The app refused it")).toBeNull();
});

it("asks before it runs what destroys", async () => {
  const sent = server(component("action", [app], { annotations: { ...hints, destructiveHint: true } }), { "/actions/run": () => ({ body: { exports: {}, os: [], ret: null, stash_id: null } }) });
  await show();
  await screen.findByDisplayValue("Ada’s CRM");
  await userEvent.click(screen.getByRole("button", { name: "Run" }));
  await userEvent.click(within(await screen.findByRole("alertdialog")).getByRole("button", { name: "Cancel" }));
  expect(bodies(sent, "/actions/run")).toEqual([]);
  await waitFor(() => expect(screen.getByRole("button", { name: "Run" }).hasAttribute("disabled")).toBe(false));
  await userEvent.click(screen.getByRole("button", { name: "Run" }));
  await userEvent.click(within(await screen.findByRole("alertdialog")).getByRole("button", { name: "Run it" }));
  await screen.findByText("Done");
  expect(bodies(sent, "/actions/run")).toHaveLength(1);
});

it("asks the app for options by what is typed, and for other props when a choice decides on them", async () => {
  const sent = server(component("action", [app, { name: "table", type: "string", label: "Table", remoteOptions: true, useQuery: true, reloadProps: true }]), {
    "/components/configure": (b) => ({ body: { options: b.query ? [{ label: "People", value: "tbl_2" }] : [{ label: "Things", value: "tbl_1" }], stringOptions: null, context: null, observations: [], errors: [] } }),
    "/components/props": () => ({ body: { observations: [], errors: [], dynamicProps: { id: "dyp_1", configurableProps: [app, { name: "table", type: "string", label: "Table", remoteOptions: true, useQuery: true, reloadProps: true }, { name: "col", type: "string", label: "Column" }] } } }),
    "/actions/run": () => ({ body: { exports: {}, os: [], ret: null, stash_id: null } }),
  });
  await show();
  await screen.findByDisplayValue("Ada’s CRM");
  await userEvent.click(screen.getByRole("combobox", { name: "Table" }));
  await screen.findByRole("option", { name: "Things" });
  await userEvent.type(screen.getByRole("combobox", { name: "Table" }), "peo");
  await userEvent.click(await screen.findByRole("option", { name: "People" }));
  await userEvent.type(await screen.findByLabelText("Column"), "x{Enter}");
  await screen.findByText("Done");
  expect(bodies(sent, "/components/configure").at(-1)).toMatchObject({ prop_name: "table", query: "peo", external_user_id: "ada", configured_props: { app: { authProvisionId: "apn_1" } } });
  expect(bodies(sent, "/actions/run")[0]).toMatchObject({ dynamic_props_id: "dyp_1", configured_props: { table: "tbl_2", col: "x" } });
});

it("connects an account from the form as the user would", async () => {
  const sent = server(component("action", [app]), {
    "/tokens": () => ({ body: { token: "ctok_1", expires_at: "2026-11-22T00:00:00Z", connect_link_url: "https://p.test/_static/connect.html?token=ctok_1&connectLink=true" } }),
    "/accounts": () => ({ body: list([]) }),
  });
  await show();
  await userEvent.click(await screen.findByRole("button", { name: "Connect" }));
  const frame = await screen.findByTitle("Connect Acme CRM");
  expect(frame.getAttribute("src")).toContain("app=crm");
  expect(bodies(sent, "/tokens")[0]).toMatchObject({ external_user_id: "ada" });
  window.dispatchEvent(new MessageEvent("message", { origin: "https://p.test", data: { type: "success", authProvisionId: "apn_9" } }));
  await screen.findByDisplayValue("apn_9");
});

it("deploys a trigger, shows its key once, and leads on to it", async () => {
  const sent = server(component("trigger", [app, { name: "timer", type: "$.interface.timer", default: { intervalSeconds: 60 } }]), {
    "/triggers/deploy": () => ({ body: { data: { id: "dc_1", name: "It", webhook_signing_key: "abc123" } } }),
  });
  const { router } = await show();
  await userEvent.type(await screen.findByLabelText("Send its events to"), "https://ada.test/hook");
  await userEvent.click(screen.getByLabelText("Emit what is there already"));
  await screen.findByDisplayValue("Ada’s CRM");
  await userEvent.click(screen.getByRole("button", { name: "Deploy" }));
  await screen.findByText("abc123");
  expect(bodies(sent, "/triggers/deploy")).toEqual([
    { id: "crm-it", version: "1.0.0", external_user_id: "ada", configured_props: { app: { authProvisionId: "apn_1" }, timer: { intervalSeconds: 60 } }, webhook_url: "https://ada.test/hook", emit_on_deploy: false },
  ]);
  await userEvent.click(screen.getByLabelText("I have stored it in a safe place"));
  await userEvent.click(screen.getByRole("button", { name: "Done" }));
  await waitFor(() => expect(router.state.location.pathname).toBe("/projects/proj_1/development/users/ada/triggers/dc_1"));
});

it("waits for a user to be chosen, and keeps the choice in the address", async () => {
  server(component("action", [app]));
  const { router } = await show("");
  await screen.findByText(/Choose a user first/);
  await userEvent.type(screen.getByLabelText("User"), "ada");
  await screen.findByDisplayValue("Ada’s CRM");
  expect(router.state.location.search).toEqual({ user: "ada" });
});
