import acme from "./acme.app.mjs";
export default {
  key: "acme-app-methods",
  name: "app-methods",
  version: "0.0.1",
  type: "action",
  props: { acme },
  run() { const { self } = this.acme; return self(); },
};
