import acme from "./acme.mjs";

// Emits contacts as they are added.
export default {
  key: "acme-code-new-contact",
  name: "New Contact",
  version: "0.1.0",
  type: "source",
  dedupe: "unique",
  props: {
    crm: acme,
    db: "$.service.db",
    base: { type: "string", label: "Address" },
    timer: { type: "$.interface.timer", default: { intervalSeconds: 3600 } },
  },
  methods: {
    async look() {
      const { data } = await this.crm.call({}, this.base, "/api/contacts", { params: { limit: 20 } });
      for (const c of data) this.$emit(c, { id: c.id, summary: c.name, ts: Date.parse(c.created_at) || 0 });
    },
  },
  hooks: {
    async deploy() {
      this.db.set("begun", true);
      await this.look();
    },
    async activate() {
      this.db.set("active", true);
    },
    async deactivate() {
      this.db.set("active", undefined);
    },
  },
  async run(event) {
    if (!this.db.get("begun") || !this.db.get("active")) throw new Error("it was not deployed");
    this.db.set("runs", (this.db.get("runs") ?? 0) + 1);
    await this.look();
    if (this.db.get("runs") === 2) throw new Error(`run ${this.db.get("runs")} failed at ${typeof event.timestamp}`);
  },
};
