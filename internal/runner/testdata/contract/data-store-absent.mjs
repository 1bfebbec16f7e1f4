export default {
  key: "acme-data-store-absent",
  name: "data-store-absent",
  version: "0.0.1",
  type: "action",
  props: { store: { type: "data_store", optional: true } },
  run() { return "store" in this; },
};
