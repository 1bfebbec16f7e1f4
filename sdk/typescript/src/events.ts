/** What an event says of an account: never a credential. */
export interface Account {
  id: string;
  name: string | null;
  /** Your own id of the user. */
  external_id: string;
  healthy: boolean;
  dead: boolean;
  error?: string;
  /** Of ACCOUNT_EXPIRING: when only the user can renew it, in ISO 8601. */
  expires_at?: string;
  app: { id: string; name_slug: string; name: string; [field: string]: unknown };
  created_at: string;
  updated_at: string;
  [field: string]: unknown;
}

/** What an event says of an OAuth client. */
export interface OAuthApp {
  id: string;
  name: string;
  app: string;
  provider_code: string | null;
  [field: string]: unknown;
}

/** What the body of every event has, but of `trigger.emitted`. */
interface Envelope {
  event: string;
  event_id: string;
  environment: "development" | "production";
  /** ISO 8601. */
  created_at: string;
  /** Your own id of the user; absent = nobody's. */
  external_user_id?: string;
}

interface Connection extends Envelope {
  connect_token: string;
  connect_session_id: string;
}

/** The body of each type of event. */
interface Bodies {
  CONNECTION_SUCCESS: Connection & { account: Account; reconnected: boolean };
  CONNECTION_ERROR: Connection & { error: string; error_code: string };
  ACCOUNT_UNHEALTHY: Envelope & { account: Account };
  ACCOUNT_DEAD: Envelope & { account: Account };
  ACCOUNT_RECOVERED: Envelope & { account: Account };
  ACCOUNT_EXPIRING: Envelope & { account: Account };
  ACCOUNT_DELETED: Envelope & { account: Account; cause: string };
  OAUTH_APP_SUSPENDED: Envelope & { oauth_app: OAuthApp };
  OAUTH_APP_RECOVERED: Envelope & { oauth_app: OAuthApp };
  /** What the trigger emitted, as it is: any JSON. */
  "trigger.emitted": unknown;
}

/** The types of events that are known here. There may be newer ones: answer 2xx to what you do not know. */
export type WebhookEventType = keyof Bodies;

/** A webhook that was verified. `switch (event.type)` tells what `event.body` is. */
export type WebhookEvent<T extends WebhookEventType = WebhookEventType> = {
  [K in T]: {
    /** The same in every attempt: do what it asks once. "" = the sender named none. */
    id: string;
    type: K;
    /** When this attempt was signed, to the second. */
    sentAt: Date;
    /** When it happened; undefined for a `trigger.emitted` without an envelope, like all that follows. */
    createdAt: Date | undefined;
    environment: string | undefined;
    /** Your own id of the user. */
    externalUserId: string | undefined;
    /** The body, parsed; of an endpoint whose payloads are enveloped, what is in the envelope. */
    body: Bodies[K];
    /** The body as it was sent. */
    raw: string;
  };
}[T];
