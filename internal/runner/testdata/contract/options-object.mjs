import acme from "./acme.app.mjs";
export default {
  key: "acme-options-object",
  name: "options-object",
  version: "0.0.1",
  type: "action",
  props: { acme, member: { propDefinition: [acme, "member", { team: "t3" }] } },
  run() { return null; },
};
