export default {
  key: "acme-value-any",
  name: "value-any",
  version: "0.0.1",
  type: "action",
  props: { v: { type: "any" } },
  run() { return this.v; },
};
