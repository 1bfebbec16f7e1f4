export default {
  key: "acme-dynamic",
  name: "dynamic",
  version: "0.0.1",
  type: "action",
  props: { kind: { type: "string", reloadProps: true } },
  additionalProps() { return this.kind === "a" ? { extra: { type: "string", label: "Extra" } } : {}; },
  run() { return [this.kind, this.extra]; },
};
