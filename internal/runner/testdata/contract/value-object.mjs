export default {
  key: "acme-value-object",
  name: "value-object",
  version: "0.0.1",
  type: "action",
  props: { o: { type: "object" } },
  run() { return this.o.a; },
};
