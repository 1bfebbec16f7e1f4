export default {
  key: "acme-conditional-prop",
  name: "conditional-prop",
  version: "0.0.1",
  type: "action",
  props: { ...(false && {}), a: undefined, b: null, c: { type: "string" } },
  run() { return Object.keys(this); },
};
