export { WebhookError, type WebhookErrorCode } from "./errors.js";
export type { Account, OAuthApp, WebhookEvent, WebhookEventType } from "./events.js";
export { handleWebhooks, verifyWebhook, type Verification, type WebhookHeaders, type WebhookRequest } from "./webhooks.js";
