import acme from "./acme.app.mjs";
export default {
  key: "acme-app-optional",
  name: "app-optional",
  version: "0.0.1",
  type: "action",
  props: { acme: { ...acme, optional: true } },
  run() { return "acme" in this; },
};
