export default {
  key: "acme-this-writable",
  name: "this-writable",
  version: "0.0.1",
  type: "action",
  props: {},
  methods: { read() { return this.metadata.a; } },
  run() { this.metadata = { a: 1 }; return this.read(); },
};
