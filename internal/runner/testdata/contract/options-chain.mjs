import acme from "./acme.app.mjs";
export default {
  key: "acme-options-chain",
  name: "options-chain",
  version: "0.0.1",
  type: "action",
  props: { acme, lead: { propDefinition: [acme, "lead", ({ t }) => ({ team: t })] }, t: { type: "string" } },
  run() { return null; },
};
