/**
 * What is wrong with a webhook. The codes are the same in all of Patchbay's libraries.
 *
 * - `no_signature`: it was not signed, somebody else sent it
 * - `malformed_header`: a header is missing or cannot be read
 * - `too_old`, `too_new`: it was signed longer ago than is tolerated, or in the future
 * - `wrong_signature`: another secret, or something changed on the way
 * - `malformed_body`: it is signed, and not JSON
 * - `malformed_secret`: the receiver's own configuration is wrong
 */
export type WebhookErrorCode = "no_signature" | "malformed_header" | "too_old" | "too_new" | "wrong_signature" | "malformed_body" | "malformed_secret";

/** Why a webhook is not to be believed. It never holds a secret. */
export class WebhookError extends Error {
  override readonly name = "WebhookError";
  constructor(
    readonly code: WebhookErrorCode,
    message: string,
  ) {
    super(message);
  }
}
