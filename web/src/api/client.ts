import createClient from "openapi-fetch";
import { workspaceHeaders } from "@/lib/window";
import type { paths } from "./schema.gen";

/** The API as the contract describes it. The session cookie speaks for the member; no token is kept in the browser. */
export const api = createClient<paths>({
  baseUrl: typeof window === "undefined" ? "/v1" : `${window.location.origin}/v1`,
  credentials: "same-origin",
  fetch: (request) => {
    for (const [name, value] of Object.entries(workspaceHeaders())) request.headers.set(name, value);
    return globalThis.fetch(request);
  },
});

/** What went wrong, in the API's own words. `status` 0 means that no answer came. */
export class ApiError extends Error {
  constructor(
    message: string,
    readonly status: number,
    readonly code: string,
    readonly details: Record<string, unknown> = {},
  ) {
    super(message);
    this.name = "ApiError";
  }

  get requestId(): string | undefined {
    const id = this.details.request_id;
    return typeof id === "string" && id !== "" ? id : undefined;
  }

  /** Everything in details that helps a person, without the request id. */
  get hints(): [string, string][] {
    return Object.entries(this.details)
      .filter(([k, v]) => k !== "request_id" && k !== "trace_id" && v !== null && v !== "")
      .map(([k, v]) => [k, typeof v === "string" ? v : JSON.stringify(v)]);
  }
}

/** Whether a change was refused since somebody else had come before it. */
export const changedMeanwhile = (e: unknown) => e instanceof ApiError && (e.code === "changed_meanwhile" || e.code === "app_file_changed");

/** Makes an ApiError of whatever came back: the contract's body, a proxy's HTML page, or nothing at all. */
export function toApiError(status: number, body: unknown, requestId?: string | null): ApiError {
  const b = (typeof body === "object" && body !== null ? body : {}) as Record<string, unknown>;
  const details = (typeof b.details === "object" && b.details !== null ? b.details : {}) as Record<string, unknown>;
  const withId = details.request_id || !requestId ? details : { ...details, request_id: requestId };
  if (typeof b.error === "string" && b.error !== "") {
    return new ApiError(b.error, status, typeof b.code === "string" ? b.code : "unknown", withId);
  }
  return new ApiError(`The server answered ${status} without an explanation.`, status, "unknown", withId);
}

/** Called on every 401 of the API, so that an ended session leads back to the sign-in page. */
let signedOut: () => void = () => {};
export function onSignedOut(f: () => void) {
  signedOut = f;
}

/** Says that a session has ended, where the console's own API was asked and not /v1. */
export const sessionEnded = () => signedOut();

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** Gives the body of a good answer and throws an ApiError for everything else. */
export async function data<T>(call: Promise<Answer<T>>): Promise<T> {
  let answer: Answer<T>;
  try {
    answer = await call;
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === "AbortError") throw cause;
    if (cause instanceof SyntaxError) throw new ApiError("The server's answer could not be read.", 0, "unreadable");
    throw new ApiError("The server cannot be reached. Check that Patchbay is running and try again.", 0, "unreachable");
  }
  const { response } = answer;
  if (response.ok) return answer.data as T;
  if (response.status === 401) signedOut();
  throw toApiError(response.status, answer.error, response.headers.get("x-request-id"));
}
