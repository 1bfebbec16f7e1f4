export default {
  key: "acme-options-numbers",
  name: "options-numbers",
  version: "0.0.1",
  type: "action",
  props: { p: { type: "integer", options: () => [1, { label: "Two", value: 2 }, null] } },
  run() { return null; },
};
