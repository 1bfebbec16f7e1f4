import { axios } from "@pipedream/platform";
export default {
  key: "acme-oauth1-unsigned",
  name: "oauth1-unsigned",
  version: "0.0.1",
  type: "action",
  props: { acme: { type: "app", app: "acme" } },
  run({ $ }) { return axios($, { url: "http://127.0.0.1:1/never" }, { token: { key: "k" }, oauthSignerUri: this.acme.$auth.oauth_signer_uri }); },
};
