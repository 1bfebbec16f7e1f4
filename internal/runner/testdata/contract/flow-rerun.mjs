export default {
  key: "acme-flow-rerun",
  name: "flow-rerun",
  version: "0.0.1",
  type: "action",
  props: {},
  run({ $ }) { $.flow.rerun(1000); },
};
