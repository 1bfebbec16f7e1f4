export default {
  key: "acme-error-thrown",
  name: "error-thrown",
  version: "0.0.1",
  type: "action",
  props: {},
  run() { null.a; },
};
