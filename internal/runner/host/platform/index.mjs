// What `@pipedream/platform` offers to components, made anew.

import axios, { transformConfigForOauth } from "./axios.mjs";

export { axios, transformConfigForOauth };
export { ConfigurationError } from "./errors.mjs";
export { getFileStream, getFileStreamAndMetadata } from "./files.mjs";
export { sqlProp, sqlProxy } from "./sql.mjs";
export { defineAction, defineApp, defineComponent, defineSource } from "./types.mjs";

/** How often a source looks for what is new unless it is told, in seconds. */
export const DEFAULT_POLLING_SOURCE_TIMER_INTERVAL = 900;
