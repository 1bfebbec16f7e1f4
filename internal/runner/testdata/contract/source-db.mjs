export default {
  key: "acme-source-db",
  name: "source-db",
  version: "0.0.1",
  type: "source",
  props: { db: "$.service.db" },
  run() { const before = [this.db.get("a"), this.db.get("none")]; this.db.set("a", { n: 2 }); this.db.set("gone", undefined); const kept = { x: 1 }; this.db.set("copy", kept); kept.x = 2; return [before[0], before[1] === undefined, this.db.get("a"), this.db.get("copy").x]; },
};
