export default {
  key: "acme-annotations",
  name: "annotations",
  version: "0.0.1",
  type: "action",
  props: {},
  annotations: { readOnlyHint: true, destructiveHint: false, openWorldHint: false, idempotentHint: true },
  ai: "optimized",
  run() { return null; },
};
