export default {
  key: "acme-source-failing",
  name: "source-failing",
  version: "0.0.1",
  type: "source",
  props: { db: "$.service.db" },
  run() { this.db.set("n", 1); this.$emit({ n: 1 }, { id: 1 }); throw new Error("afterwards"); },
};
