import { ConfigurationError } from "@pipedream/platform";
export default {
  key: "acme-error-configuration",
  name: "error-configuration",
  version: "0.0.1",
  type: "action",
  props: {},
  run() { throw new ConfigurationError("Fill it in."); },
};
