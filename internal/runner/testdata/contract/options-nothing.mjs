export default {
  key: "acme-options-nothing",
  name: "options-nothing",
  version: "0.0.1",
  type: "action",
  props: { p: { type: "string", options: () => undefined } },
  run() { return null; },
};
