export default {
  key: "acme-source-hooks",
  name: "source-hooks",
  version: "0.0.1",
  type: "source",
  props: { db: "$.service.db" },
  dedupe: "unique",
  methods: { begin(n) { this.db.set("n", n); this.$emit({ n }, { id: n }); } },
  hooks: { async deploy() { this.begin(1); }, async activate() { this.begin(2); }, deactivate() { this.db.set("n", null); } },
  run() {},
};
