export default {
  key: "acme-value-unknown",
  name: "value-unknown",
  version: "0.0.1",
  type: "action",
  props: { a: { type: "string", optional: true } },
  run() { return Object.keys(this); },
};
