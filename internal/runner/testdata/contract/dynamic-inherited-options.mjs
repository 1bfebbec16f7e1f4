import acme from "./acme.app.mjs";
export default {
  key: "acme-dynamic-inherited-options",
  name: "dynamic-inherited-options",
  version: "0.0.1",
  type: "action",
  props: { acme, kind: { type: "string", reloadProps: true } },
  async additionalProps() { return { team: { propDefinition: [acme, "team"] } }; },
  run() { return null; },
};
