export default {
  key: "acme-flow-exit",
  name: "flow-exit",
  version: "0.0.1",
  type: "action",
  props: {},
  run({ $ }) { $.flow.exit("enough"); return "and on"; },
};
