// Emits what is sent to its address, and answers it.
export default {
  key: "code-inbox",
  name: "Inbox",
  version: "0.1.0",
  type: "source",
  dedupe: "greatest",
  props: { db: "$.service.db", http: { type: "$.interface.http", customResponse: true } },
  async run({ method, headers, body, bodyRaw, query }) {
    if (!body?.n) return this.http.respond({ status: 422, body: { error: "there is no n" } });
    const seen = (this.db.get("seen") ?? 0) + 1;
    this.db.set("seen", seen);
    this.http.respond({ status: 201, headers: { "X-Seen": String(seen) }, body: { seen, method, raw: bodyRaw.length, type: headers["content-type"], q: query.q ?? null } });
    this.$emit({ n: body.n }, { id: body.n, summary: `number ${body.n}`, name: "numbers" });
  },
};
