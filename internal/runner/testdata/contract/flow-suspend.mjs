export default {
  key: "acme-flow-suspend",
  name: "flow-suspend",
  version: "0.0.1",
  type: "action",
  props: {},
  run({ $ }) { $.flow.suspend(1000); },
};
