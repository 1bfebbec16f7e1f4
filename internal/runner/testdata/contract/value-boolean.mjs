export default {
  key: "acme-value-boolean",
  name: "value-boolean",
  version: "0.0.1",
  type: "action",
  props: { b: { type: "boolean" } },
  run() { return this.b === false; },
};
