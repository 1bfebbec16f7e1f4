export default {
  key: "acme-dynamic-previous",
  name: "dynamic-previous",
  version: "0.0.1",
  type: "action",
  props: { kind: { type: "string", reloadProps: true } },
  additionalProps(previous) { return { seen: { type: "string", label: Object.keys(previous).join() } }; },
  run() { return null; },
};
