export default {
  key: "acme-value-labelled",
  name: "value-labelled",
  version: "0.0.1",
  type: "action",
  props: { c: { type: "string", options: ["x"] }, l: { type: "string[]" } },
  run() { return [this.c, this.l]; },
};
