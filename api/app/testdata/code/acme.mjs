import { axios } from "@pipedream/platform";

// Acme CRM, as code.
export default {
  type: "app",
  app: "acme_crm_key",
  propDefinitions: {
    contact: {
      type: "string",
      label: "Contact",
      useQuery: true,
      async options({ page, query, base }) {
        const { data } = await this.call({}, base, "/api/contacts", { params: { limit: 2, q: query, page } });
        return data.map(({ id: value, name: label }) => ({ label, value }));
      },
    },
  },
  methods: {
    call($, base, path, config = {}) {
      return axios($, { url: `${base}${path}`, headers: { "X-Acme-Key": this.$auth.api_key }, ...config });
    },
  },
};
