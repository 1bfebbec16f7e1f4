export default {
  key: "acme-flow-in-failure",
  name: "flow-in-failure",
  version: "0.0.1",
  type: "action",
  props: {},
  run({ $ }) { $.flow.suspend(); throw new Error("after all not"); },
};
