export default {
  key: "acme-this-prop-wins",
  name: "this-prop-wins",
  version: "0.0.1",
  type: "action",
  props: { name: { type: "string" } },
  methods: { name() {} },
  run() { return this.name; },
};
