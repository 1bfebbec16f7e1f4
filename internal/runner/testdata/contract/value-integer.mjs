export default {
  key: "acme-value-integer",
  name: "value-integer",
  version: "0.0.1",
  type: "action",
  props: { n: { type: "integer" } },
  run() { return typeof this.n; },
};
