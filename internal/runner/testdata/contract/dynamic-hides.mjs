export default {
  key: "acme-dynamic-hides",
  name: "dynamic-hides",
  version: "0.0.1",
  type: "action",
  props: { kind: { type: "string", reloadProps: true }, other: { type: "string", hidden: true, optional: true } },
  additionalProps(previous) { previous.other.hidden = false; return {}; },
  run() { return null; },
};
