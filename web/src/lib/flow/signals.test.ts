import { expect, it } from "vitest";
import { changeOf, kinds, offered, summary } from "./kinds";

it("knows every kind that it offers", () => expect(offered.filter((type) => !kinds[type])).toEqual([]));

it.each([
  [{ name: "a", type: "state", op: "list", prefix: "order:" }, "lists order:"],
  [{ name: "a", type: "suspend" }, "up to 24h"],
  [{ name: "a", type: "call_workflow", workflow: "p_1", fire: true }, "starts p_1"],
  [{ name: "a", type: "for_each_user", workflow: "" }, "choose a workflow"],
  [{ name: "a", type: "emit", kind: "order.paid" }, "order.paid"],
])("says in a line what %o does", (s, want) => expect(summary(s)).toBe(want));

it("shows the fields of a state step that its operation has", () => {
  const shown = (s: object) => kinds.state!.fields.filter((f) => f.when?.({ name: "a", type: "state", ...s }) ?? true).map((f) => f.key);
  expect(shown({ op: "get" })).toEqual(["op", "scope", "key"]);
  expect(shown({ op: "compare_and_set", scope: "data_store", expected: null })).toEqual(["op", "scope", "store", "key", "value", "expected", "ttl"]);
  expect(shown({ op: "list" })).toEqual(["op", "scope", "prefix", "after", "limit", "keys_only"]);
});

it("changes a field inside of an object, and takes away what has lost its meaning", () => {
  const limit = { key: "queue.concurrency.limit", head: "queue.concurrency", label: "", as: "number" } as const;
  const per = { key: "queue.concurrency.per", label: "", as: "select" } as const;
  expect(changeOf({}, limit, 3)).toEqual({ queue: { concurrency: { limit: 3 } } });
  const both = { queue: { concurrency: { limit: 3, per: "user" }, max_queued: 9 } };
  expect(changeOf(both, per, undefined)).toEqual({ queue: { concurrency: { limit: 3 }, max_queued: 9 } });
  expect(changeOf(both, limit, undefined)).toEqual({ queue: { max_queued: 9 } });
  expect(changeOf({ queue: { concurrency: { limit: 3 } } }, limit, undefined)).toEqual({ queue: undefined });
});
