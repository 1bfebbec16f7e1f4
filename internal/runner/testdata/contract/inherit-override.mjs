import acme from "./acme.app.mjs";
export default {
  key: "acme-inherit-override",
  name: "inherit-override",
  version: "0.0.1",
  type: "action",
  props: { acme, fixed: { propDefinition: [acme, "fixed"], label: undefined, optional: false } },
  run() { return null; },
};
