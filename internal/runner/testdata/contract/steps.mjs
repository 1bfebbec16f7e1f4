export default {
  key: "acme-steps",
  name: "steps",
  version: "0.0.1",
  type: "action",
  props: {},
  run({ steps }) { return Object.keys(steps); },
};
