export default {
  key: "acme-context",
  name: "context",
  version: "0.0.1",
  type: "action",
  props: {},
  run({ $ }) { return $.context.run.runs; },
};
