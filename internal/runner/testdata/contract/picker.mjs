export default {
  key: "acme-picker",
  name: "picker",
  version: "0.0.1",
  type: "action",
  props: { channel: { type: "$.discord.channel[]", appProp: "acme" } },
  run() { return this.channel; },
};
