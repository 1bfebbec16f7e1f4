export default {
  key: "acme-options-context",
  name: "options-context",
  version: "0.0.1",
  type: "action",
  props: { p: { type: "string", options: ({ prevContext }) => [typeof prevContext] } },
  run() { return null; },
};
