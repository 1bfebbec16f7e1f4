export default {
  key: "acme-value-string",
  name: "value-string",
  version: "0.0.1",
  type: "action",
  props: { text: { type: "string" } },
  run() { return this.text; },
};
