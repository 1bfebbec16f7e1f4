export default {
  key: "acme-flow-in-exit",
  name: "flow-in-exit",
  version: "0.0.1",
  type: "action",
  props: {},
  run({ $ }) { $.flow.suspend(); $.flow.exit("enough"); },
};
