export default {
  key: "acme-flow-delay",
  name: "flow-delay",
  version: "0.0.1",
  type: "action",
  props: {},
  run({ $ }) { $.flow.delay(1000); },
};
