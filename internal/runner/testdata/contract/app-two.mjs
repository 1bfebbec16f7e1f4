import acme from "./acme.app.mjs";
export default {
  key: "acme-app-two",
  name: "app-two",
  version: "0.0.1",
  type: "action",
  props: { from: acme, to: { type: "app", app: "other" } },
  run() { return [this.from.$auth.api_key, this.to.$auth.token]; },
};
