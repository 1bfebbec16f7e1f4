export default {
  key: "acme-value-with-label",
  name: "value-with-label",
  version: "0.0.1",
  type: "action",
  props: { c: { type: "string", withLabel: true } },
  run() { return this.c; },
};
