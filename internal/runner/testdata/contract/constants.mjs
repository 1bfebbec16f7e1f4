import { DEFAULT_POLLING_SOURCE_TIMER_INTERVAL } from "@pipedream/platform";
import { defineAction } from "@pipedream/types";
export default {
  key: "acme-constants",
  name: "constants",
  version: "0.0.1",
  type: "action",
  props: {},
  run() { return [DEFAULT_POLLING_SOURCE_TIMER_INTERVAL, defineAction({ a: 1 }).a]; },
};
