import acme from "./acme.app.mjs";
export default {
  key: "acme-options-override",
  name: "options-override",
  version: "0.0.1",
  type: "action",
  props: { acme, team: { propDefinition: [acme, "team"], options() { return [Object.keys(this).join()]; } } },
  run() { return null; },
};
