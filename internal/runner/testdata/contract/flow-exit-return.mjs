export default {
  key: "acme-flow-exit-return",
  name: "flow-exit-return",
  version: "0.0.1",
  type: "action",
  props: {},
  run({ $ }) { return $.flow.exit(); },
};
