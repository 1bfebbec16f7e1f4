export default {
  key: "acme-source-silent",
  name: "source-silent",
  version: "0.0.1",
  type: "source",
  props: { timer: { type: "$.interface.timer", default: { intervalSeconds: 60 } } },
  sampleEmit: { a: 1 },
};
