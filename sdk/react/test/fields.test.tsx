// @vitest-environment jsdom
import type { ConfigurableProp } from "@patchbay/browser";
import { act, fireEvent, screen, waitFor, within } from "@testing-library/react";
import { describe, expect, test } from "vitest";
import { form, save, user } from "./tools.js";
import { account, page, say } from "./world.js";

describe("each type of prop", () => {
  test("string, secret, any", async () => {
    const f = form([{ name: "text", type: "string", label: "Text", description: "What to say." }, { name: "key", type: "string", secret: true, label: "Key" }, { name: "free", type: "any", label: "Anything" }]);
    expect(screen.getByLabelText("Text").getAttribute("aria-describedby")).toBe(screen.getByText("What to say.").id);
    expect((screen.getByLabelText("Key") as HTMLInputElement).type).toBe("password");
    await user.type(screen.getByLabelText("Text"), "hi");
    await user.type(screen.getByLabelText("Key"), "s3cret");
    await user.type(screen.getByLabelText("Anything"), "x");
    await save();
    expect(f.sent()).toEqual({ text: "hi", key: "s3cret", free: "x" });
  });

  test("integer within its limits", async () => {
    const f = form([{ name: "n", type: "integer", label: "Number", min: 2, max: 5 }]);
    const input = screen.getByLabelText("Number");
    for (const [text, says] of [["1", "At least 2."], ["6", "At most 5."], ["2.5", "Please enter a whole number."]]) {
      await user.clear(input);
      await user.type(input, text!);
      await save();
      expect(screen.getByText(says!).id).toBe(input.getAttribute("aria-describedby"));
      expect(f.onSubmit).not.toHaveBeenCalled();
    }
    await user.clear(input);
    await user.type(input, "3");
    await save();
    expect(f.sent()).toEqual({ n: 3 });
  });

  test("boolean is false until it is true", async () => {
    const f = form([{ name: "b", type: "boolean", label: "Really" }, { name: "on", type: "boolean", label: "On", default: true }]);
    await save();
    expect(f.sent()).toEqual({ b: false, on: true });
    await user.click(screen.getByRole("checkbox", { name: "Really" }));
    await user.click(screen.getByRole("checkbox", { name: "On" }));
    await save();
    expect(f.sent()).toEqual({ b: true, on: false });
  });

  test("lists of texts and numbers, row by row", async () => {
    const f = form([{ name: "s", type: "string[]", label: "Words" }, { name: "n", type: "integer[]", label: "Numbers", max: 9 }]);
    const words = within(screen.getByRole("group", { name: "Words" })), numbers = within(screen.getByRole("group", { name: "Numbers" }));
    await user.click(words.getByText("Add"));
    await user.keyboard("one"); // the new row has the focus
    await user.click(words.getByText("Add"));
    await user.type(words.getByLabelText("Words 2"), "two");
    await user.click(words.getByRole("button", { name: "Remove Words 1" }));
    await user.click(numbers.getByText("Add"));
    await user.type(numbers.getByLabelText("Numbers 1"), "70");
    await save();
    expect(screen.getByText("At most 9.")).toBeTruthy();
    await user.clear(numbers.getByLabelText("Numbers 1"));
    await user.type(numbers.getByLabelText("Numbers 1"), "7");
    await save();
    expect(f.sent()).toEqual({ s: ["two"], n: [7] });
  });

  test("object is JSON, and what is none is kept in sight", async () => {
    const f = form([{ name: "o", type: "object", label: "Object", default: { a: 1 } }]);
    const input = screen.getByLabelText("Object") as HTMLTextAreaElement;
    expect(JSON.parse(input.value)).toEqual({ a: 1 });
    for (const text of ["{", "[1]", "7", "null"]) {
      fireEvent.change(input, { target: { value: text } });
      await save();
      expect([input.value, input.getAttribute("aria-invalid"), f.onSubmit.mock.calls.length]).toEqual([text, "true", 0]);
    }
    fireEvent.change(input, { target: { value: '{"my_key": {"b": 2}}' } });
    await save();
    expect(f.sent()).toEqual({ o: { my_key: { b: 2 } } });
  });

  test("sql", async () => {
    const f = form([{ name: "q", type: "sql", label: "Query", auth: { app: "pg" }, default: { value: "select 1", params: [1], usePreparedStatements: true } }]);
    const input = screen.getByLabelText("Query") as HTMLTextAreaElement;
    expect(input.value).toBe("select 1");
    fireEvent.change(input, { target: { value: "select 2" } });
    await save();
    expect(f.sent()).toEqual({ q: { value: "select 2", query: "select 2", params: [1], usePreparedStatements: true } });
  });

  test("an HTTP request", async () => {
    const f = form([{ name: "r", type: "http_request", label: "Request" }]);
    await user.selectOptions(screen.getByLabelText("Method"), "POST");
    await user.type(screen.getByLabelText("URL"), "https://a.test");
    await user.click(screen.getByRole("button", { name: "Add: Headers" }));
    const headers = within(screen.getByRole("group", { name: "Headers" }));
    await user.type(headers.getByLabelText("Name 1"), "X-A");
    await user.type(headers.getByLabelText("Value 1"), "b");
    await user.selectOptions(screen.getByLabelText("Authentication"), "bearer");
    await user.type(screen.getByLabelText("Token"), "t");
    await user.selectOptions(screen.getByLabelText("Body"), "raw");
    await user.type(screen.getByLabelText("Text"), "body");
    await save();
    expect(f.sent()).toEqual({ r: { method: "POST", url: "https://a.test", headers: [{ name: "X-A", value: "b" }], auth: { type: "bearer", token: "t" }, body: { type: "raw", mode: "raw", raw: "body" } } });
  });

  test("a timer by seconds or cron; one that is fixed is not asked for", async () => {
    const f = form([{ name: "t", type: "$.interface.timer", label: "When", default: { intervalSeconds: 900 } }, { name: "fixed", type: "$.interface.timer", static: { intervalSeconds: 60 } }]);
    expect((screen.getByLabelText("Every … seconds") as HTMLInputElement).value).toBe("900");
    await user.selectOptions(screen.getByLabelText("Schedule"), "cron");
    await user.type(screen.getByLabelText("Cron expression"), "0 9 * * *");
    await save();
    expect(f.sent()).toEqual({ t: { cron: "0 9 * * *" }, fixed: { intervalSeconds: 60 } });
  });

  test("alerts are said, and not sent", async () => {
    const f = form([{ name: "a", type: "alert", alertType: "warning", content: "Mind this." }, { name: "b", type: "alert", content: "By the way." }]);
    expect(screen.getByRole("alert").textContent).toBe("Mind this.");
    expect(screen.getByRole("note").textContent).toBe("By the way.");
    await save();
    expect(f.sent()).toEqual({});
  });

  test("what the server provides is not asked for; what is hidden is sent as it is", async () => {
    const f = form([
      { name: "db", type: "$.service.db" }, { name: "http", type: "$.interface.http" }, { name: "hook", type: "$.interface.apphook", appProp: "x" }, { name: "dir", type: "dir" },
      { name: "h", type: "string", hidden: true, default: "kept" }, { name: "off", type: "string", label: "Off", disabled: true, default: "d" }, { name: "ro", type: "string", label: "Fixed", readOnly: true, default: "r" },
    ]);
    expect(screen.getAllByRole("textbox")).toHaveLength(2);
    expect((screen.getByLabelText("Off") as HTMLInputElement).disabled).toBe(true);
    await user.type(screen.getByLabelText("Fixed"), "x");
    await save();
    expect(f.sent()).toEqual({ h: "kept", off: "d", ro: "r" });
  });

  test("static options, whatever their spelling and type", async () => {
    const f = form([
      { name: "a", type: "string", label: "A", options: ["x", { label: "Why", value: "y" }] },
      { name: "n", type: "integer", label: "N", options: [{ __lv: { label: "One", value: 1 } }, { label: "Two", value: 2 }], default: 2 },
      { name: "w", type: "string", label: "W", withLabel: true, options: [{ label: "Zed", value: "z" }] },
    ]);
    expect((screen.getByLabelText("N") as HTMLSelectElement).selectedOptions[0]!.text).toBe("Two");
    await user.selectOptions(screen.getByLabelText("A"), "Why");
    await user.selectOptions(screen.getByLabelText("N"), "One");
    await user.selectOptions(screen.getByLabelText("W"), "Zed");
    await save();
    expect(f.sent()).toEqual({ a: "y", n: 1, w: { __lv: { label: "Zed", value: "z" } } });
  });

  test("several of a list, by keyboard", async () => {
    const f = form([{ name: "m", type: "string[]", label: "Many", options: [{ label: "Red", value: "r" }, { label: "Green", value: "g" }, { label: "Blue", value: "b" }] }]);
    const box = screen.getByRole("combobox", { name: "Many" });
    await user.click(box);
    await user.keyboard("{ArrowDown}{Enter}{ArrowUp}{Enter}");
    expect(screen.getByRole("button", { name: "Remove Red" })).toBeTruthy();
    await user.type(box, "gre");
    expect(screen.getAllByRole("option").map((o) => o.textContent)).toEqual(["Green", "Use “gre”"]);
    await user.keyboard("{ArrowDown}{Enter}");
    await user.click(screen.getByRole("button", { name: "Remove Red" }));
    expect(f.onSubmit).not.toHaveBeenCalled(); // Enter chose
    await save();
    expect(f.sent()).toEqual({ m: ["b", "g"] });
  });
});

describe("accounts", () => {
  const app: ConfigurableProp = { name: "slack", type: "app", app: "slack", label: "Slack" };

  test("one that is there is taken when it is the only one", async () => {
    const f = form([app], { "GET /accounts": page([account("apn_1", { name: "Ada" })]) });
    const select = (await screen.findByRole("combobox", { name: "Slack" })) as HTMLSelectElement;
    await waitFor(() => expect(select.value).toBe("apn_1"));
    expect(f.asked[0]!.query.get("app")).toBe("slack");
    await save();
    expect(f.sent()).toEqual({ slack: { authProvisionId: "apn_1" } });
  });

  test("one that was chosen stays, though there is another", async () => {
    const f = form([app], { "GET /accounts": page([account("apn_1")]) }, { defaultValue: { slack: { authProvisionId: "apn_0" } } });
    await screen.findByRole("option", { name: "apn_1" });
    await save();
    expect(f.sent()).toEqual({ slack: { authProvisionId: "apn_0" } });
  });

  test("of several the user chooses; a dead one is to be connected again", async () => {
    const f = form([app], { "GET /accounts": page([account("apn_1"), account("apn_2", { dead: true, healthy: false })]) }, { oauthAppIds: { slack: "oa_7" } });
    const select = await screen.findByRole("combobox", { name: "Slack" });
    await save();
    expect(screen.getByText("Please fill this in.")).toBeTruthy();
    await user.selectOptions(select, "apn_2");
    expect(screen.getByText(/needs to be connected again/)).toBeTruthy();
    await user.click(screen.getByRole("button", { name: "Connect again" }));
    await waitFor(() => expect(document.querySelector("iframe")!.src).toContain("app=slack&oauthAppId=oa_7&accountId=apn_2"));
    act(() => say({ type: "close" }));
    await user.selectOptions(select, "apn_1");
    await save();
    expect(f.sent()).toEqual({ slack: { authProvisionId: "apn_1" } });
  });

  test("without one, one is connected and taken", async () => {
    let there: unknown[] = [];
    const f = form([app], { "GET /accounts": () => page(there) });
    await user.click(await screen.findByRole("button", { name: "Connect" }));
    await waitFor(() => expect(document.querySelector("iframe")).toBeTruthy());
    there = [account("apn_9"), account("apn_8")];
    act(() => say({ type: "success", authProvisionId: "apn_9" }));
    act(() => say({ type: "close" }));
    const select = (await screen.findByRole("combobox", { name: "Slack" })) as HTMLSelectElement;
    expect(select.value).toBe("apn_9");
    await save();
    expect(f.sent()).toEqual({ slack: { authProvisionId: "apn_9" } });
  });
});
