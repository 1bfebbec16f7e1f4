/** A call that failed. */
export class PatchbayError extends Error {
  override name = "PatchbayError";
  /** Of the answer; 0 if there was none. */
  readonly status: number;
  /** Stable; for programs. `network`, `timeout`, `not_json` and `redirected` are ours, the rest is the API's. */
  readonly code: string;
  /** Quote it when you ask for help. */
  readonly requestId: string | undefined;
  /** What was answered, as it came. */
  readonly body: unknown;
  /** Seconds until it is worth trying again, where the API said so. */
  readonly retryAfter: number | undefined;

  constructor(message: string, about: { status?: number; code: string; requestId?: string; body?: unknown; retryAfter?: number; cause?: unknown }) {
    super(message);
    this.status = about.status ?? 0;
    this.code = about.code;
    this.requestId = about.requestId;
    this.body = about.body;
    this.retryAfter = about.retryAfter;
    if (about.cause !== undefined) (this as { cause?: unknown }).cause = about.cause;
  }
}

/** A connection that did not come about. `closed`: the user left; `page_not_shown`: the browser did not show the page, most often since the token does not name this origin. */
export class ConnectError extends PatchbayError {
  override name = "ConnectError";
}
