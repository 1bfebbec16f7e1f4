export default {
  key: "acme-flow-in-suspend",
  name: "flow-in-suspend",
  version: "0.0.1",
  type: "action",
  props: {},
  run({ $ }) { $.flow.rerun(1); $.flow.suspend(); },
};
