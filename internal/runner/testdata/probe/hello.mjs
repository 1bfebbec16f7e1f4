import { axios, ConfigurationError } from "@pipedream/platform";
const app = { type: "app", app: "acme", propDefinitions: { channel: { type: "string", label: "Channel", async options({ page, prevContext }) { return { options: [this.$auth.api_key + page], context: { n: (prevContext.n ?? 0) + 1 } }; } } }, methods: { key() { return this.$auth.api_key; } } };
export default { key: "acme-hello", name: "Hello", version: "0.0.1", type: "action",
  props: { acme: app, channel: { propDefinition: [app, "channel"] }, text: { type: "string" } },
  methods: { shout() { return this.text.toUpperCase(); } },
  async run({ $ }) { const { acme, ...rest } = this; console.log("hi", rest); $.export("$summary", "done"); return { rest, k: acme.key(), s: this.shout() }; } };
