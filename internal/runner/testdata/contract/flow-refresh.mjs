export default {
  key: "acme-flow-refresh",
  name: "flow-refresh",
  version: "0.0.1",
  type: "action",
  props: {},
  run({ $ }) { $.flow.refreshTimeout(); return 1; },
};
