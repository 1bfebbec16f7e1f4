const { ConfigurationError } = require("@pipedream/platform");

module.exports = {
  key: "acme-legacy",
  name: "legacy",
  version: "0.0.1",
  type: "action",
  props: { a: { type: "string" } },
  run() {
    return [this.a, new ConfigurationError("x").name];
  },
};
