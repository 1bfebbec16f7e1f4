const common = { props: { a: { type: "string" } }, methods: { one() { return this.a; } } };

export default {
  key: "acme-mixin",
  name: "mixin",
  version: "0.0.1",
  type: "action",
  props: { ...common.props },
  methods: { ...common.methods, both() { return this.one() + "2"; } },
  run() { return this.both(); },
};
