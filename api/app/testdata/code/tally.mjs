// Writes state that others write at the same time.
export default {
  key: "code-tally",
  name: "Tally",
  version: "0.1.0",
  type: "action",
  props: {
    store: { type: "data_store", label: "Store" },
    how: { type: "string", label: "How", options: ["once", "again", "scopes"] },
    meet: { type: "string", label: "Meeting", optional: true },
  },
  methods: {
    // Waits until two runs are here.
    async together($) {
      await $.state.project.increment(this.meet);
      while ((await $.state.project.get(this.meet)) < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    },
  },
  async run({ $ }) {
    if (this.how === "scopes") {
      await $.state.user.set("mine", (await $.state.user.get("mine")) ?? $.context.external_user_id);
      return [Object.keys($.state), await $.state.user.get("mine")];
    }
    if (this.how === "once") {
      const { value, version } = await this.store.getWithVersion("n");
      await this.together($);
      await this.store.set("n", value + 1, { ifVersion: version });
      return value + 1;
    }
    let met = false;
    return await this.store.update("n", async (n) => {
      if (!met) await this.together($);
      met = true;
      return n + 1;
    });
  },
};
