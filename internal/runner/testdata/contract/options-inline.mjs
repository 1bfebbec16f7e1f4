import acme from "./acme.app.mjs";
export default {
  key: "acme-options-inline",
  name: "options-inline",
  version: "0.0.1",
  type: "action",
  props: { acme, a: { type: "string" }, pick: { type: "string", async options() { return [this.helper(), this.acme.$auth.api_key]; } } },
  methods: { helper() { return this.a; } },
  run() { return null; },
};
