import acme from "./acme.app.mjs";
export default {
  key: "acme-inherit",
  name: "inherit",
  version: "0.0.1",
  type: "action",
  props: { acme, team: { propDefinition: [acme, "team"], description: "Of the component", optional: true } },
  run() { return null; },
};
