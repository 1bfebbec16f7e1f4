import acme from "./acme.app.mjs";
export default {
  key: "acme-source-apphook",
  name: "source-apphook",
  version: "0.0.1",
  type: "source",
  props: { acme, hook: { type: "$.interface.apphook", appProp: "acme", eventNames: ["message"] } },
  run() {},
};
