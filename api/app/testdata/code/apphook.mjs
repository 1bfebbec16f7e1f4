// Waits for what an app tells the platform.
export default {
  key: "code-apphook",
  name: "App Hook",
  version: "0.1.0",
  type: "source",
  props: { hook: { type: "$.interface.apphook", appProp: "crm", eventNames: ["made"] } },
  run(event) {
    this.$emit(event);
  },
};
