export default {
  key: "acme-source-emit",
  name: "source-emit",
  version: "0.0.1",
  type: "source",
  props: {},
  run(event) { this.$emit({ got: event }, { id: 7, summary: "s", ts: 5, name: "channel" }); this.$emit("plain"); },
};
