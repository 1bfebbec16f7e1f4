export default {
  key: "acme-value-default",
  name: "value-default",
  version: "0.0.1",
  type: "action",
  props: { n: { type: "integer", default: 5 }, b: { type: "boolean", default: false } },
  run() { return [this.n, this.b]; },
};
