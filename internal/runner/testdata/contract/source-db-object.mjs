export default {
  key: "acme-source-db-object",
  name: "source-db-object",
  version: "0.0.1",
  type: "source",
  props: { db: { type: "$.service.db" } },
  run() { this.db.set("n", (this.db.get("n") ?? 0) + 1); },
};
