export default {
  key: "acme-state",
  name: "state",
  version: "0.0.1",
  type: "action",
  props: { store: { type: "data_store" }, note: { type: "string", optional: true } },
  async run({ $ }) {
    await $.state.user.set("a", 1);
    await $.state.project.set("a", 2);
    await this.store.set("a", 3);
    const { store, ...rest } = this;
    return [await $.state.user.get("a"), await $.state.project.get("a"), await store.get("a"), await this.$state.user.get("a"), Object.keys($.state), rest];
  },
};
