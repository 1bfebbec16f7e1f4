import acme from "./acme.app.mjs";
export default {
  key: "acme-inherit-static",
  name: "inherit-static",
  version: "0.0.1",
  type: "action",
  props: { acme, fixed: { propDefinition: [acme, "fixed"] } },
  run() { return null; },
};
