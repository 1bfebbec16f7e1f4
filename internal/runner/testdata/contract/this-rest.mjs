import acme from "./acme.app.mjs";
export default {
  key: "acme-this-rest",
  name: "this-rest",
  version: "0.0.1",
  type: "action",
  props: { acme, a: { type: "string" }, b: { type: "string", optional: true } },
  methods: { helper() {} },
  run() { const { acme: app, ...rest } = this; return rest; },
};
