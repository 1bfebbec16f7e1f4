export default {
  key: "acme-alert",
  name: "alert",
  version: "0.0.1",
  type: "action",
  props: { note: { type: "alert", alertType: "info", content: "Read this" } },
  run() { return "note" in this; },
};
