import acme from "./acme.app.mjs";
export default {
  key: "acme-options-app",
  name: "options-app",
  version: "0.0.1",
  type: "action",
  props: { mine: acme, team: { propDefinition: [acme, "team"] } },
  run() { return null; },
};
