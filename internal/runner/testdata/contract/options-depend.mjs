import acme from "./acme.app.mjs";
export default {
  key: "acme-options-depend",
  name: "options-depend",
  version: "0.0.1",
  type: "action",
  props: { acme, team: { type: "string" }, member: { propDefinition: [acme, "member", (c) => ({ team: c.team })] } },
  run() { return null; },
};
