export default {
  key: "acme-value-absent",
  name: "value-absent",
  version: "0.0.1",
  type: "action",
  props: { a: { type: "string", optional: true } },
  run() { return ["a" in this, Object.keys(this)]; },
};
