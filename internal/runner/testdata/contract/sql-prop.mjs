import { sqlProp } from "@pipedream/platform";

const app = { type: "app", app: "acme", propDefinitions: { ...sqlProp.propDefinitions }, methods: { ...sqlProp.methods } };

export default {
  key: "acme-sql-prop",
  name: "sql-prop",
  version: "0.0.1",
  type: "action",
  props: { db: app },
  run() { return this.db.executeQueryAdapter({ query: "SELECT 1" }); },
};
