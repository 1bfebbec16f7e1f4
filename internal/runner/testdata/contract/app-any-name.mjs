import acme from "./acme.app.mjs";
export default {
  key: "acme-app-any-name",
  name: "app-any-name",
  version: "0.0.1",
  type: "action",
  props: { whatever: acme },
  run() { return this.whatever.$auth.api_key; },
};
