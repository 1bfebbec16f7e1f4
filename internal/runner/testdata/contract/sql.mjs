export default {
  key: "acme-sql",
  name: "sql",
  version: "0.0.1",
  type: "action",
  props: { sql: { type: "sql", auth: { app: "acme" } } },
  run() { return [this.sql.query, this.sql.value, this.sql.params]; },
};
