import { expect, it } from "vitest";
import { askedFields, categoryName, scopeLines } from "./catalog";

it("reads what a user is asked for, and nothing of what it does not understand", () => {
  expect(askedFields('[{"name":"api_key","label":"API key","description":"d","type":"password","optional":true},{"name":"x"}]')).toEqual([
    { name: "api_key", label: "API key", description: "d", type: "password", optional: true },
    { name: "x", label: "x", description: "", type: "text", optional: false },
  ]);
  for (const odd of ["", "{", "null", "{}", "[1,null,{}]"]) expect(askedFields(odd)).toEqual([]);
});

it("finds the name of a category", () => {
  const all = [{ id: "appcat_developertools", name: "Developer tools", description: null }];
  expect([categoryName("developer_tools", all), categoryName("e_mail", all), categoryName("crm", undefined)]).toEqual(["Developer tools", "E mail", "Crm"]);
});

it("takes scopes as they are pasted", () => {
  expect(scopeLines(" a.read\nb:write  a.read\r\n\nhttps://x/y ")).toEqual(["a.read", "b:write", "https://x/y"]);
});
