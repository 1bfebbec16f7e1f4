export default {
  key: "acme-options-throw",
  name: "options-throw",
  version: "0.0.1",
  type: "action",
  props: { p: { type: "string", options() { throw new Error("not now"); } } },
  run() { return null; },
};
