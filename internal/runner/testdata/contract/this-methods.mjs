export default {
  key: "acme-this-methods",
  name: "this-methods",
  version: "0.0.1",
  type: "action",
  props: { a: { type: "string" } },
  methods: { shout() { return this.low().toUpperCase(); }, low() { return this.a; } },
  run() { const { shout } = this; return shout(); },
};
