export default {
  key: "acme-flow-in-delay",
  name: "flow-in-delay",
  version: "0.0.1",
  type: "action",
  props: {},
  run({ $ }) { return $.flow.delay("1500", { a: [1] }); },
};
