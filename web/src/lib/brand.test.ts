import { expect, it } from "vitest";
import { problems, same, screenGroups, screenTitle, tidy, unfilled } from "./brand";

it("takes what is empty for not set, so that clearing a field is no change", () => {
  const none = { product: " ", light: { accent: "" }, texts: { en: { "done.title": " " }, de: {} }, terms_url: "" };
  expect(same(none, {})).toBe(true);
  expect(same({ light: { accent: "#AA0011" } }, { light: { accent: "#aa0011" } })).toBe(true);
  expect(same({ radius: 0 }, {})).toBe(false);
  expect(tidy(none)).toEqual(tidy({}));
});

it("names the field that is wrong", () => {
  expect(problems({ light: { accent: "red" }, dark: { text: "#fff" }, terms_url: "http://a.test", privacy_url: "https://a.test@b.test", support_email: "help" })).toEqual({
    "light.accent": expect.any(String), "dark.text": expect.any(String), terms_url: expect.any(String), privacy_url: expect.any(String), support_email: expect.any(String),
  });
  expect(problems({ light: { accent: "#AA0011" }, support_email: "a@b.co", support_url: "https://b.co/help" })).toEqual({});
});

it("finds slots that nobody fills in", () => {
  expect(unfilled("Hi {name}, to {app}", "Continue to {app}")).toEqual(["{name}"]);
});

it("groups every screen once, those it does not know as well", () => {
  const ids = ["done", "pick", "problem-denied", "brand-new", "input-keys"];
  expect(screenGroups(ids).flatMap((g) => g.ids).sort()).toEqual([...ids].sort());
  expect(screenTitle("problem-denied")).toBe("Problem: denied");
  expect(screenTitle("brand-new")).toBe("Brand: new");
});
