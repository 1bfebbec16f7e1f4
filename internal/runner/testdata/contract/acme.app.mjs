import { axios } from "@pipedream/platform";

export default {
  type: "app",
  app: "acme",
  propDefinitions: {
    team: {
      type: "string",
      label: "Team",
      description: "Of the app",
      async options({ page, prevContext, query }) {
        const { seen = 0 } = prevContext;
        return { options: [{ label: `${this.name()} ${page} ${query ?? "all"}`, value: this.$auth.api_key }], context: { seen: seen + 1 } };
      },
    },
    member: {
      type: "string",
      label: "Member",
      async options({ team, role = "any" }) {
        return [`${team}/${role}`];
      },
    },
    lead: { propDefinition: [null, "member", () => ({ role: "lead" })], label: "Lead" },
    fixed: { type: "string[]", label: "Fixed", options: ["a", { label: "B", value: "b" }], optional: true },
  },
  methods: {
    name() {
      return "acme";
    },
    self() {
      return this.name() + this.$auth.api_key;
    },
    call($, config) {
      return axios($, config);
    },
  },
};
