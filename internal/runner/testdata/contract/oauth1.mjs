import { transformConfigForOauth } from "@pipedream/platform";
export default {
  key: "acme-oauth1",
  name: "oauth1",
  version: "0.0.1",
  type: "action",
  props: {},
  run() { return transformConfigForOauth({ method: "post", url: "http://x/a", params: { q: 1 }, headers: { "content-type": "application/x-www-form-urlencoded" }, data: "b=2" }); },
};
