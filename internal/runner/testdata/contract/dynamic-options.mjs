import acme from "./acme.app.mjs";
export default {
  key: "acme-dynamic-options",
  name: "dynamic-options",
  version: "0.0.1",
  type: "action",
  props: { acme, kind: { type: "string", reloadProps: true } },
  async additionalProps() { return { team: { propDefinition: [this.acme, "team"] }, own: { type: "string", options: () => [this.kind] } }; },
  run() { return null; },
};
