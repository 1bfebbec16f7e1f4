export default {
  key: "acme-source-timer",
  name: "source-timer",
  version: "0.0.1",
  type: "source",
  props: { timer: { type: "$.interface.timer", static: true, default: { intervalSeconds: 900 } } },
  run() { return this.timer.intervalSeconds; },
};
