export default {
  key: "acme-source-hook-absent",
  name: "source-hook-absent",
  version: "0.0.1",
  type: "source",
  props: {},
  hooks: {},
  run() {},
};
