export default {
  key: "acme-data-store",
  name: "data-store",
  version: "0.0.1",
  type: "action",
  props: { store: { type: "data_store" } },
  async run() { const { store } = this; await store.set("a", 1, { ttl: 60 }); await store.set("b", { c: 2 }); await store.setTtl("b", 5); const all = []; for await (const [k, v] of store) all.push([k, v]); const before = [await store.get("a"), await store.has("x"), await store.get("x"), await store.keys(), all, await store.size()]; await store.delete("a"); await store.clear(); return [...before.map((v) => v ?? null), await store.size()]; },
};
