export { createFrontendClient, type FrontendClient } from "./client.js";
export { ConnectError, PatchbayError } from "./errors.js";
export type { Page, PageInfo, Paging } from "./page.js";
export type * from "./props.js";
export type * from "./types.js";
