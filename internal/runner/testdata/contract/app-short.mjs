export default {
  key: "acme-app-short",
  name: "app-short",
  version: "0.0.1",
  type: "action",
  props: { x: { type: "app", app: "acme" } },
  run() { return this.x.$auth.oauth_access_token; },
};
