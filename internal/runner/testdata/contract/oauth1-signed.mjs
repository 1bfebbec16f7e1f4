import { axios } from "@pipedream/platform";
export default {
  key: "acme-oauth1-signed",
  name: "oauth1-signed",
  version: "0.0.1",
  type: "action",
  props: { acme: { type: "app", app: "acme" } },
  async run({ $ }) {
    const seen = [];
    const call = (config) => axios($, { ...config, transformRequest: (data, headers) => (headers.Authorization && seen.push(headers.Authorization), data) }, { token: { key: "k" }, oauthSignerUri: this.acme.$auth.oauth_signer_uri }).catch(() => {});
    await call({ url: "http://127.0.0.1:1/a?q=1", params: { r: "b c" } });
    await call({ method: "post", url: "http://127.0.0.1:1/b", data: new URLSearchParams({ s: "é" }) });
    await call({ method: "post", url: "http://127.0.0.1:1/c", data: { j: 1 } });
    return seen;
  },
};
