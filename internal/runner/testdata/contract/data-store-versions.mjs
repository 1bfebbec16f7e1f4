export default {
  key: "acme-data-store-versions",
  name: "data-store-versions",
  version: "0.0.1",
  type: "action",
  props: { store: { type: "data_store" } },
  async run() {
    const { store } = this;
    const first = await store.set("a", 1, { ifVersion: 0 });
    const late = await store.set("a", 9, { ifVersion: 0 }).catch((err) => [err.name, err.code, err.message]);
    const { value, version } = await store.getWithVersion("a");
    const next = await store.set("a", value + 1, { ifVersion: version });
    const gone = await store.delete("a", { ifVersion: first }).catch((err) => err.code);
    await Promise.all(Array.from({ length: 5 }, () => store.update("a", (n) => n + 10)));
    const kept = await store.update("a", () => undefined);
    return [version === first, next > first, late, gone, kept, await store.get("a"), await store.increment("n"), await store.increment("n", -3), (await store.getWithVersion("x")) ?? null];
  },
};
