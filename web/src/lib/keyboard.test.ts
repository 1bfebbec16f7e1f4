import { afterEach, expect, it } from "vitest";
import { byId, inEnvironment, ranked, score } from "./find";
import { patience, press, takesText } from "./keyboard";
import { after, forgetVisits, recent, visit } from "./recent";

const goes = { a: "Accounts", ",": "Settings" };
const scope = { projectId: "proj_1", environment: "production" as const };
const id = "06bnq000000000000000000000";

afterEach(() => document.body.replaceChildren());

it("goes to a page by g and a letter, if they come one after the other", () => {
  const g = press({ key: "g" }, 0, 1_000, goes);
  expect(g).toEqual({ act: null, waiting: 1_000 });
  expect(press({ key: "a" }, 1_000, 1_500, goes)).toEqual({ act: { go: "Accounts" }, waiting: 0 });
  expect(press({ key: "," }, 1_000, 1_500, goes).act).toEqual({ go: "Settings" });
  expect(press({ key: "z" }, 1_000, 1_500, goes)).toEqual({ act: null, waiting: 0 });
  expect(press({ key: "a" }, 1_000, 1_000 + patience, goes).act).toBeNull();
  expect(press({ key: "a" }, 0, 1_500, goes).act).toBeNull();
});

it("opens the palette with either key, and leaves the browser its own", () => {
  expect(press({ key: "k", ctrlKey: true }, 0, 0, goes).act).toEqual({ act: "palette" });
  expect(press({ key: "K", metaKey: true }, 0, 0, goes).act).toEqual({ act: "palette" });
  expect(press({ key: "a", ctrlKey: true }, 1, 2, goes)).toEqual({ act: null, waiting: 0 });
  expect(press({ key: "?" }, 0, 0, goes).act).toEqual({ act: "help" });
});

it("knows where letters are letters", () => {
  document.body.innerHTML = `<input id="t"><input id="c" type="checkbox"><textarea id="a"></textarea><button id="b"><span id="s">x</span></button>`;
  const at = (name: string) => takesText(document.getElementById(name));
  expect([at("t"), at("a"), at("c"), at("b"), at("s"), takesText(window)]).toEqual([true, true, false, false, false, false]);
});

it("ranks beginnings before words, words before parts, and parts before letters", () => {
  expect(ranked(["My runs", "Action runs", "Runs", "Reruns", "Users"], "runs", (t) => t)).toEqual(["Runs", "My runs", "Action runs", "Reruns"]);
  expect(score("Deployed triggers", "trig depl")).toBe(30);
  expect(score("Deliveries", "dlv")).toBe(10);
  expect(score("Deliveries", "xyz")).toBe(0);
  expect(ranked(["b", "a"], " ", (t) => t)).toEqual(["b", "a"]);
});

it("knows the page of an id, and no page of what is none", () => {
  expect(byId(scope, ` apn_${id} `)).toMatchObject({ what: "account", place: { params: { accountId: `apn_${id}`, environment: "production" } } });
  expect(byId(scope, `run_${id}`)?.what).toBe("run");
  for (const none of ["", "apn_", "apn_short", `zzz_${id}`, `apn_${id}/../x`, `constructor_${id}`]) expect(byId(scope, none), none).toBeNull();
});

it("keeps the kind of page in the other environment, and only a workflow itself", () => {
  expect(inEnvironment("/projects/p/production/accounts/apn_1")).toBe("/projects/$projectId/$environment/accounts");
  expect(inEnvironment("/projects/p/production/workflows/p_1")).toBe("/projects/$projectId/$environment/workflows/p_1");
  expect(inEnvironment("/projects/p/production")).toBe("/projects/$projectId/$environment");
});

it("remembers each page once, for its member alone, and forgets on request", () => {
  expect(after([{ path: "/a", title: "A" }, { path: "/b", title: "B" }], { path: "/b", title: "B2" })).toEqual([{ path: "/b", title: "B2" }, { path: "/a", title: "A" }]);
  visit("mem_1", { path: "/projects/p/production/runs", title: "Runs" });
  expect(recent("mem_1")).toHaveLength(1);
  expect(recent("mem_2")).toEqual([]);
  localStorage.setItem("patchbay.recent mem_2", `[{"path":"//evil.example","title":"x"},null,{"path":1}]`);
  expect(recent("mem_2")).toEqual([]);
  forgetVisits("mem_1");
  expect(recent("mem_1")).toEqual([]);
});
