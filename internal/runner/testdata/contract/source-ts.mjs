export default {
  key: "acme-source-ts",
  name: "source-ts",
  version: "0.0.1",
  type: "source",
  props: {},
  run() { for (const ts of [new Date(20), "1970-01-01T00:00:00.010Z", "30", undefined]) this.$emit({}, { id: String(ts ?? "none"), ts }); },
};
