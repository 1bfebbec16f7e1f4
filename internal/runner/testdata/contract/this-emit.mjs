export default {
  key: "acme-this-emit",
  name: "this-emit",
  version: "0.0.1",
  type: "action",
  props: {},
  run() { return [typeof this.$emit, Object.keys(this)]; },
};
