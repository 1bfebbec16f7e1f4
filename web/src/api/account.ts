import { ApiError, sessionEnded } from "./client";
import { call, refuse } from "./session";

/** A browser in which one is signed in. */
export interface SessionOf {
  id: string;
  browser: string;
  address: string;
  created_at: string;
  used_at: string;
  /** The one that asks. */
  this: boolean;
}

export interface PasskeyOf {
  id: string;
  name: string;
  created_at: string;
  used_at: string | null;
}

/** What somebody has to sign in with. */
export interface Account {
  email: string;
  name: string;
  password: boolean;
  /** Whether this installation sends e-mail. */
  mail: boolean;
  sessions: SessionOf[];
  totp: boolean;
  /** How many are left. */
  recovery_codes: number;
  passkeys: PasskeyOf[];
  /** Whether this installation can take passkeys. */
  can_passkeys: boolean;
  /** Whether one came in by single sign-on, which changes nothing of how one signs in. */
  sso: boolean;
  /** Whether one proved a moment ago who one is. */
  fresh: boolean;
}

/** Calls the console's own API. */
export async function own<T>(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<T> {
  const init: RequestInit = body === undefined ? { method, headers } : { method, headers: { ...headers, "content-type": "application/json" }, body: JSON.stringify(body) };
  const response = await call(init, `/console/api/${path}`);
  if (!response.ok) {
    return refuse(response).catch((e: unknown) => {
      // What was typed stays under a question to sign in again, as it does for /v1.
      if (e instanceof ApiError && e.code === "session") sessionEnded();
      throw e;
    });
  }
  const text = await response.text();
  return (text ? JSON.parse(text) : undefined) as T;
}

export const accountQuery = { queryKey: ["own-account"], queryFn: () => own<Account>("GET", "account") };
