// @vitest-environment jsdom
import type { ConfigurableProp, ConfiguredProps } from "@patchbay/browser";
import { act, screen, waitFor } from "@testing-library/react";
import { useState } from "react";
import { describe, expect, test } from "vitest";
import { ComponentForm } from "../src/index.js";
import { form, save, user } from "./tools.js";
import { account, component, page, world } from "./world.js";

describe("remote options", () => {
  const slack: ConfigurableProp = { name: "slack", type: "app", app: "slack", label: "Slack" };
  const channel: ConfigurableProp = { name: "channel", type: "string", label: "Channel", remoteOptions: true };
  const routes = { "GET /accounts": page([account("apn_1"), account("apn_2")]) };
  const open = () => user.click(screen.getByRole("combobox", { name: "Channel" }));
  const options = () => screen.queryAllByRole("option").filter((o) => o.closest("[role=listbox]")).map((o) => o.textContent);
  const value = { slack: { authProvisionId: "apn_1" } };

  test("wait for the account, and are asked for with it", async () => {
    const f = form([slack, channel], { ...routes, "POST /components/configure": { options: [{ label: "General", value: "C1" }], errors: [] } });
    await open();
    expect(screen.getByRole("status").textContent).toBe("Choose an account first.");
    await user.selectOptions(await screen.findByRole("combobox", { name: "Slack" }), "apn_1");
    expect(f.to("POST /components/configure")).toHaveLength(0);
    await open();
    await waitFor(() => expect(options()).toContain("General"));
    expect(f.to("POST /components/configure")[0]!.body).toEqual({ id: "act", version: "1.0.0", prop_name: "channel", configured_props: value, page: 0, external_user_id: "ada" });
    await user.click(screen.getByRole("option", { name: "General" }));
    expect((screen.getByRole("combobox", { name: "Channel" }) as HTMLInputElement).value).toBe("General");
    await save();
    expect(f.sent()).toEqual({ ...value, channel: "C1" });
  });

  test("come page by page, until nothing new comes", async () => {
    const f = form([slack, channel], { ...routes, "POST /components/configure": ({ body }: { body: { page: number } }) => (body.page < 2 ? { options: [{ label: `Channel ${body.page}`, value: body.page }], context: { cursor: `c${body.page}` } } : { options: [{ label: "Channel 1", value: 1 }] }) }, { defaultValue: value });
    await open();
    await waitFor(() => expect(options()).toEqual(["Channel 0", "Load more"]));
    await user.click(screen.getByText("Load more"));
    await waitFor(() => expect(options()).toEqual(["Channel 0", "Channel 1", "Load more"]));
    expect(f.asked.at(-1)!.body).toMatchObject({ page: 1, prev_context: { cursor: "c0" } });
    await user.keyboard("{ArrowUp}{Enter}"); // the last row
    await waitFor(() => expect(options()).toEqual(["Channel 0", "Channel 1"]));
  });

  test("are searched by the component where it can, else here", async () => {
    const f = form([slack, { ...channel, useQuery: true }], { ...routes, "POST /components/configure": ({ body }: { body: { query?: string } }) => ({ stringOptions: body.query ? [`${body.query}-found`] : ["first"] }) }, { defaultValue: value });
    await open();
    await waitFor(() => expect(options()).toContain("first"));
    await user.type(screen.getByRole("combobox", { name: "Channel" }), "abc");
    await waitFor(() => expect(options()).toContain("abc-found"));
    expect(f.to("POST /components/configure").map((a) => a.body.query)).toEqual([undefined, "abc"]);
    await user.keyboard("{Escape}");
    expect(screen.getByRole("combobox", { name: "Channel" }).getAttribute("aria-expanded")).toBe("false");
  });

  test("are asked for again when what they depend on has changed, and only then", async () => {
    const f = form([slack, channel], { ...routes, "POST /components/configure": ({ body }: { body: { configured_props: { slack: { authProvisionId: string } } } }) => ({ stringOptions: [`of ${body.configured_props.slack.authProvisionId}`] }) }, { defaultValue: value });
    await open();
    await waitFor(() => expect(options()).toContain("of apn_1"));
    await user.keyboard("{Escape}");
    await open();
    expect(f.to("POST /components/configure")).toHaveLength(1);
    await user.keyboard("{Escape}");
    await user.selectOptions(screen.getByRole("combobox", { name: "Slack" }), "apn_2");
    await open();
    await waitFor(() => expect(options()).toContain("of apn_2"));
    expect(options()).not.toContain("of apn_1");
  });

  test.each([
    ["the call fails", () => { throw new Error("It is broken."); }, "It is broken."],
    ["the component says so", { options: null, errors: ['{"name":"ConfigurationError","message":"No such workspace."}'] }, "No such workspace."],
    ["it only logged it", { observations: [{ k: "error", ts: 1, err: { name: "E", message: "Not allowed." } }] }, "Not allowed."],
  ])("that fail can be asked for again: %s", async (_, answer, says) => {
    const f = form([slack, channel], { ...routes, "POST /components/configure": answer }, { defaultValue: value });
    await open();
    await waitFor(() => expect(screen.getByRole("status").textContent).toBe(says));
    f.routes["POST /components/configure"] = { stringOptions: ["now"] };
    await user.click(screen.getByRole("button", { name: "Try again" }));
    await waitFor(() => expect(options()).toContain("now"));
  });

  test("a value that none of them is can be typed in, unless it is to be a number", async () => {
    const f = form([channel, { name: "n", type: "integer", label: "Number", remoteOptions: true }], { "POST /components/configure": { options: [] } });
    await user.type(screen.getByRole("combobox", { name: "Channel" }), "C99");
    await user.click(await screen.findByText("Use “C99”"));
    await user.type(screen.getByRole("combobox", { name: "Number" }), "x1");
    expect(screen.queryByText("Use “x1”")).toBeNull();
    await user.clear(screen.getByRole("combobox", { name: "Number" }));
    await user.type(screen.getByRole("combobox", { name: "Number" }), "12{Enter}");
    await save();
    expect(f.sent()).toEqual({ channel: "C99", n: 12 });
  });

  test("pickers of tables and channels are of the same kind, and wait for each other", async () => {
    const f = form(
      [{ name: "at", type: "app", app: "at", label: "Airtable" }, { name: "base", type: "$.airtable.baseId", appProp: "at", label: "Base" }, { name: "table", type: "$.airtable.tableId", baseIdProp: "base", label: "Table" }, { name: "dc", type: "$.discord.channel[]", label: "Channels", appProp: "at" }],
      { ...routes, "POST /components/configure": ({ body }: { body: { prop_name: string } }) => ({ options: [{ label: `A ${body.prop_name}`, value: body.prop_name }] }) }, { defaultValue: { at: { authProvisionId: "apn_1" } } },
    );
    await user.click(screen.getByRole("combobox", { name: "Table" }));
    expect(f.to("POST /components/configure")).toHaveLength(0);
    for (const [label, option] of [["Base", "A base"], ["Table", "A table"], ["Channels", "A dc"]]) {
      await user.click(screen.getByRole("combobox", { name: label }));
      await user.click(await screen.findByRole("option", { name: option }));
    }
    await save();
    expect(f.sent()).toEqual({ at: { authProvisionId: "apn_1" }, base: "base", table: "table", dc: ["dc"] });
  });
});

describe("props that decide on others", () => {
  const kind: ConfigurableProp = { name: "kind", type: "string", label: "Kind", reloadProps: true, options: ["a", "b"] };
  const extra = (name: string): ConfigurableProp => ({ name, type: "string", label: `Field ${name}` });
  const answer = ({ body }: { body: { configured_props: { kind: string } } }) => ({ dynamicProps: { id: `dyp_${body.configured_props.kind}`, configurableProps: [kind, extra(body.configured_props.kind)] }, errors: [] });

  test("bring another list, which the values that fit move into", async () => {
    const f = form([kind], { "POST /components/props": answer });
    expect(f.asked).toHaveLength(0);
    await user.selectOptions(screen.getByLabelText("Kind"), "a");
    await user.type(await screen.findByLabelText("Field a"), "1");
    await user.selectOptions(screen.getByLabelText("Kind"), "b");
    await user.type(await screen.findByLabelText("Field b"), "2");
    expect(screen.queryByLabelText("Field a")).toBeNull();
    expect(f.to("POST /components/props").map((a) => a.body)).toEqual([
      { id: "act", version: "1.0.0", configured_props: { kind: "a" }, external_user_id: "ada" },
      { id: "act", version: "1.0.0", configured_props: { kind: "b", a: "1" }, dynamic_props_id: "dyp_a", external_user_id: "ada" },
    ]);
    await save();
    expect(f.onSubmit).toHaveBeenLastCalledWith({ id: "act", version: "1.0.0", configuredProps: { kind: "b", b: "2" }, dynamicPropsId: "dyp_b" });
  });

  test("are asked for at once when they are set already", async () => {
    form([kind], { "POST /components/props": answer }, { defaultValue: { kind: "b", b: "old" } });
    expect(((await screen.findByLabelText("Field b")) as HTMLInputElement).value).toBe("old");
  });

  test("only the last answer counts", async () => {
    const waiting: ((v: unknown) => void)[] = [];
    const f = form([kind], { "POST /components/props": () => new Promise((ok) => waiting.push(ok)) });
    await user.selectOptions(screen.getByLabelText("Kind"), "a");
    await waitFor(() => expect(waiting).toHaveLength(1));
    await user.selectOptions(screen.getByLabelText("Kind"), "b");
    await waitFor(() => expect(waiting).toHaveLength(2));
    waiting[1]!(answer({ body: { configured_props: { kind: "b" } } }));
    await screen.findByLabelText("Field b");
    waiting[0]!(answer({ body: { configured_props: { kind: "a" } } }));
    await act(async () => {});
    expect(screen.queryByLabelText("Field a")).toBeNull();
    expect(f.asked).toHaveLength(2);
  });

  test("that fail say why, and can be tried again", async () => {
    const f = form([kind], { "POST /components/props": () => { throw new Error("It is broken."); } });
    await user.selectOptions(screen.getByLabelText("Kind"), "a");
    expect((await screen.findByRole("alert")).textContent).toContain("It is broken.");
    f.routes["POST /components/props"] = answer;
    await user.click(screen.getByRole("button", { name: "Try again" }));
    await screen.findByLabelText("Field a");
    expect(screen.queryByRole("alert")).toBeNull();
  });
});

describe("the form", () => {
  test("loads a component by its key", async () => {
    const w = world({ "GET /components/act": { data: { key: "act", name: "Act", version: "1.0.0", configurable_props: [{ name: "t", type: "string", label: "Text" }] } } });
    w.show(<ComponentForm component="act" />);
    await screen.findByLabelText("Text");
    expect(screen.queryByRole("button", { name: "Save" })).toBeNull(); // nobody listens
  });

  test("says when it cannot, and tries again", async () => {
    const w = world();
    w.show(<ComponentForm component="act" />);
    expect((await screen.findByRole("alert")).textContent).toContain("nobody answers");
    w.routes["GET /components/act"] = { data: { key: "act", name: "Act", version: "1", configurable_props: [{ name: "t", type: "string", label: "Text" }] } };
    await user.click(screen.getByRole("button", { name: "Try again" }));
    await screen.findByLabelText("Text");
  });

  test("names what is missing, and goes to the first of it", async () => {
    const f = form([{ name: "a", type: "string", label: "A" }, { name: "b", type: "string", label: "B" }], {}, { defaultValue: { a: "x" } });
    await save();
    expect(f.onSubmit).not.toHaveBeenCalled();
    expect(screen.getByLabelText("B").getAttribute("aria-invalid")).toBe("true");
    await waitFor(() => expect(document.activeElement).toBe(screen.getByLabelText("B")));
    await user.type(screen.getByLabelText("B"), "y");
    expect(screen.queryByText("Please fill this in.")).toBeNull();
  });

  test("keeps the optional closed, unless something in it is set", async () => {
    const props: ConfigurableProp[] = [{ name: "a", type: "string", label: "A", optional: true }];
    const f = form(props);
    expect(screen.getByText("Optional settings (1)").closest("details")!.open).toBe(false);
    await save();
    expect(f.sent()).toEqual({});
    f.unmount();
    form(props, {}, { defaultValue: { a: "x" } });
    expect(screen.getByText("Optional settings (1)").closest("details")!.open).toBe(true);
  });

  test("a default that is emptied stays empty", async () => {
    const f = form([{ name: "a", type: "string", label: "A", default: "d", optional: true }]);
    await user.clear(screen.getByLabelText("A"));
    await save();
    expect(f.sent()).toEqual({});
  });

  test("is controlled by whoever gives its value", async () => {
    const seen: ConfiguredProps[] = [];
    const w = world();
    function Page() {
      const [value, set] = useState<ConfiguredProps>({ a: "1" });
      return (
        <>
          <button onClick={() => set({ a: "outside", o: { x: 1 } })}>Set</button>
          <ComponentForm component={component({ name: "a", type: "string", label: "A" }, { name: "o", type: "object", label: "O" })} value={value} onChange={(v) => { seen.push(v); set(v); }} />
        </>
      );
    }
    w.show(<Page />);
    const input = screen.getByLabelText("A") as HTMLInputElement;
    await user.type(input, "2");
    expect([input.value, seen]).toEqual(["12", [{ a: "12" }]]);
    await user.click(screen.getByText("Set"));
    expect([input.value, JSON.parse((screen.getByLabelText("O") as HTMLTextAreaElement).value)]).toEqual(["outside", { x: 1 }]);
  });

  test("one that does not take the change shows what it was given", async () => {
    const w = world();
    w.show(<ComponentForm component={component({ name: "a", type: "string", label: "A" })} value={{ a: "fixed" }} />);
    await user.type(screen.getByLabelText("A"), "x");
    expect((screen.getByLabelText("A") as HTMLInputElement).value).toBe("fixed");
  });

  test("is busy while it is sent, and says what went wrong", async () => {
    let fail: (e: Error) => void = () => {};
    form([{ name: "a", type: "string", label: "A", default: "d" }], {}, { onSubmit: () => new Promise((_, no) => { fail = no; }), submitLabel: "Send" });
    const button = screen.getByRole("button", { name: "Send" }) as HTMLButtonElement;
    await user.click(button);
    expect([button.disabled, (screen.getByLabelText("A") as HTMLInputElement).disabled]).toEqual([true, true]);
    await act(async () => fail(new Error("The app refused.")));
    expect(screen.getByRole("alert").textContent).toBe("The app refused.");
    expect(button.disabled).toBe(false);
  });
});
