/** What is known of a call that failed. */
export interface Failure {
  status?: number;
  code: string;
  requestId?: string | undefined;
  body?: unknown;
  retryAfter?: number | undefined;
  cause?: unknown;
}

/** A call that failed. */
export class PatchbayError extends Error {
  override name = "PatchbayError";
  /** Of the answer; 0 if there was none. */
  readonly status: number;
  /** Stable; for programs. `network`, `timeout`, `not_json`, `redirected` and `http_…` are ours, the rest is the API's. */
  readonly code: string;
  /** Quote it when you ask for help. */
  readonly requestId: string | undefined;
  /** What was answered, as it came. */
  readonly body: unknown;
  /** Seconds until it is worth trying again, where the API said so. */
  readonly retryAfter: number | undefined;

  constructor(message: string, about: Failure) {
    super(message, about.cause === undefined ? undefined : { cause: about.cause });
    this.status = about.status ?? 0;
    this.code = about.code;
    this.requestId = about.requestId;
    this.body = about.body;
    this.retryAfter = about.retryAfter;
  }

  /** The same as `status`. */
  get statusCode(): number {
    return this.status;
  }
}

/** 400 and 422: the request is not right. */
export class BadRequestError extends PatchbayError {
  override name = "BadRequestError";
}
/** 401: the credential is not, or no longer, good. */
export class UnauthorizedError extends PatchbayError {
  override name = "UnauthorizedError";
}
/** 403: the credential may not do this. */
export class ForbiddenError extends PatchbayError {
  override name = "ForbiddenError";
}
/** 404. */
export class NotFoundError extends PatchbayError {
  override name = "NotFoundError";
}
/** 409: it does not fit what is there. */
export class ConflictError extends PatchbayError {
  override name = "ConflictError";
}
/** 429, also after it was tried again. */
export class TooManyRequestsError extends PatchbayError {
  override name = "TooManyRequestsError";
}
/** 500 and above, also after it was tried again. */
export class ServerError extends PatchbayError {
  override name = "ServerError";
}
/** The server could not be reached. */
export class NetworkError extends PatchbayError {
  override name = "NetworkError";
}
/** The answer did not begin in time. */
export class RequestTimeoutError extends PatchbayError {
  override name = "RequestTimeoutError";
}

const classes: Record<number, typeof PatchbayError> = {
  400: BadRequestError, 401: UnauthorizedError, 403: ForbiddenError, 404: NotFoundError, 409: ConflictError, 422: BadRequestError, 429: TooManyRequestsError,
};

/** The error of an answer of 400 and above; of an app's, through the proxy, there may be no code. */
export async function failure(answer: Response): Promise<PatchbayError> {
  const text = await answer.text().catch(() => "");
  let body: unknown = text;
  try {
    body = JSON.parse(text);
  } catch { /* it stays text */ }
  const { error, code, details } = (body ?? {}) as { error?: unknown; code?: unknown; details?: { request_id?: string } };
  const Kind = classes[answer.status] ?? (answer.status >= 500 ? ServerError : PatchbayError);
  return new Kind(typeof error === "string" ? error : `The answer was ${answer.status}.`, {
    status: answer.status,
    code: typeof code === "string" ? code : `http_${answer.status}`,
    requestId: answer.headers.get("x-request-id") ?? details?.request_id,
    body,
    retryAfter: wait(answer.headers),
  });
}

/** The seconds that an answer asks to wait: Retry-After as seconds or as a date, else X-RateLimit-Reset. */
function wait(headers: Headers): number | undefined {
  const after = headers.get("retry-after");
  if (after !== null) {
    const seconds = /^\d+(\.\d+)?$/.test(after) ? Number(after) : (Date.parse(after) - Date.now()) / 1000;
    if (!Number.isNaN(seconds)) return Math.max(0, seconds);
  }
  const reset = Number(headers.get("x-ratelimit-reset") ?? NaN);
  return reset > 0 ? Math.max(0, reset - Date.now() / 1000) : undefined;
}
