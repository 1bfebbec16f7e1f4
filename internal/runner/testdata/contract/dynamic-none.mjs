export default {
  key: "acme-dynamic-none",
  name: "dynamic-none",
  version: "0.0.1",
  type: "action",
  props: { kind: { type: "string", reloadProps: true } },
  async additionalProps() {},
  run() { return null; },
};
