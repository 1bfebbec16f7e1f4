export default {
  key: "acme-value-lists",
  name: "value-lists",
  version: "0.0.1",
  type: "action",
  props: { s: { type: "string[]" }, n: { type: "integer[]" } },
  run() { return [this.s, this.n]; },
};
