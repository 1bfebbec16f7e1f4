import { WebhookError } from "./errors.js";
import type { WebhookEvent } from "./events.js";

/** Headers of fetch, of Node (`request.headers`), or any record, whatever the case of its names. */
export type WebhookHeaders = { get(name: string): string | null | undefined } | Readonly<Record<string, string | readonly string[] | undefined>>;

export interface Verification {
  /**
   * The signing key as the console and the API show it, or as `whsec_…`. While a key is being changed: both, one has to fit.
   * One that is not set is refused when it is needed.
   */
  secret: string | readonly string[] | undefined;
  /** How far the time of a webhook may be from this machine's clock, in seconds. 300 if absent. */
  tolerance?: number | undefined;
  /** The time now, in milliseconds since 1970. */
  now?: (() => number) | undefined;
}

export interface WebhookRequest extends Verification {
  headers: WebhookHeaders;
  /** The body as it was received, byte for byte: not parsed, and not written anew. */
  body: string | Uint8Array | ArrayBuffer;
}

type Bytes = Uint8Array<ArrayBuffer>;

/**
 * The event of a request that one of the secrets signed within the tolerance.
 *
 * Where a `webhook-signature` is there it counts (Standard Webhooks 1.0.0), and `x-pd-signature` where it is not.
 *
 * @throws {WebhookError} when it is not to be believed; `code` says why.
 * @throws {TypeError} when `body` was parsed already.
 */
export async function verifyWebhook({ headers, body, secret, tolerance = 300, now = Date.now }: WebhookRequest): Promise<WebhookEvent> {
  const bytes = bytesOf(body);
  const keys = decodeSecrets(typeof secret === "string" ? [secret] : (secret ?? []));
  const { id, time, prefix, signatures } = read((name) => header(headers, name));
  const late = Math.floor(now() / 1000) - time;
  if (late > tolerance) throw new WebhookError("too_old", `The webhook was signed ${late} seconds ago, more than ${tolerance}.`);
  if (late < -tolerance) throw new WebhookError("too_new", `The webhook was signed ${-late} seconds in the future: is this machine's clock right?`);
  if (!(await fits(keys, concat(encoder.encode(prefix), bytes), signatures))) {
    throw new WebhookError("wrong_signature", "No signature fits: the secret is another one, or the body is not as it was sent.");
  }
  return parse(id, time, bytes);
}

/**
 * A handler of fetch requests: 204 once `handle` is done, and 500 when it throws, whereupon Patchbay sends the webhook
 * again later. What is not to be believed never reaches `handle`: it is answered with 401, or 400 where it cannot be
 * read, and a JSON of `error` and `code`.
 */
export function handleWebhooks(verification: Verification, handle: (event: WebhookEvent, request: Request) => unknown): (request: Request) => Promise<Response> {
  return async (request) => {
    let event: WebhookEvent;
    try {
      event = await verifyWebhook({ ...verification, headers: request.headers, body: await request.arrayBuffer() });
    } catch (e) {
      if (!(e instanceof WebhookError)) throw e;
      const status = e.code === "malformed_secret" ? 500 : e.code === "malformed_header" || e.code === "malformed_body" ? 400 : 401;
      return Response.json({ error: e.message, code: e.code }, { status });
    }
    try {
      await handle(event, request);
    } catch (e) {
      console.error(e); // nobody else would hear of it: Patchbay is told that it failed, and not why
      return Response.json({ error: "The event could not be handled.", code: "not_handled" }, { status: 500 });
    }
    return new Response(null, { status: 204 });
  };
}

const encoder = new TextEncoder();

function bytesOf(body: unknown): Bytes {
  if (typeof body === "string") return encoder.encode(body);
  if (body instanceof ArrayBuffer) return new Uint8Array(body);
  if (ArrayBuffer.isView(body)) return new Uint8Array(body.buffer as ArrayBuffer, body.byteOffset, body.byteLength);
  throw new TypeError("Give the body as it was received, as text or bytes. It was parsed already: in Express, use express.raw() on this route.");
}

function header(headers: WebhookHeaders, name: string): string | undefined {
  if (typeof headers.get === "function") return (headers.get(name) as string | null | undefined) ?? undefined;
  for (const [key, value] of Object.entries(headers)) {
    if (key.toLowerCase() === name && value !== undefined) return typeof value === "string" ? value : (value as readonly string[])[0];
  }
  return undefined;
}

interface Signed {
  id: string;
  time: number;
  /** What stands before the body in what was signed. */
  prefix: string;
  /** Those that may be right; null is one that cannot be. */
  signatures: (Bytes | null)[];
}

function read(get: (name: string) => string | undefined): Signed {
  const given = get("webhook-id") ?? "";
  const id = /^[!-~]+$/.test(given) && !given.includes(".") ? given : "";
  const standard = get("webhook-signature");
  if (standard !== undefined) {
    const t = get("webhook-timestamp") ?? "";
    const signatures = standard.split(/\s+/).filter((s) => s.startsWith("v1,")).map((s) => fromBase64(s.slice(3)));
    if (id === "") throw new WebhookError("malformed_header", "The header webhook-id is missing or is not an id.");
    if (!isTime(t)) throw new WebhookError("malformed_header", "The header webhook-timestamp is missing or is not a time in epoch seconds.");
    if (signatures.length === 0) throw new WebhookError("malformed_header", "The header webhook-signature holds no signature of the kind v1.");
    return { id, time: Number(t), prefix: `${id}.${t}.`, signatures };
  }
  const pd = get("x-pd-signature");
  if (pd === undefined) throw new WebhookError("no_signature", "The request has neither the header webhook-signature nor x-pd-signature.");
  const values = (name: string) => pd.split(",").flatMap((part) => (part.startsWith(`${name}=`) ? [part.slice(name.length + 1)] : []));
  const [times, texts] = [values("t"), values("v1")];
  const t = times[0] ?? "";
  if (times.length !== 1 || !isTime(t) || texts.length === 0) throw new WebhookError("malformed_header", "The header x-pd-signature is not t=<epoch seconds>,v1=<hex>.");
  return { id, time: Number(t), prefix: `${t}.`, signatures: texts.map(fromHex) };
}

const isTime = (text: string) => /^[0-9]{1,15}$/.test(text);

/** Whether one of the keys made one of the signatures. Web Crypto compares in a time that tells nothing of how far it fits. */
async function fits(keys: Bytes[], data: Bytes, signatures: (Bytes | null)[]): Promise<boolean> {
  let found = false;
  for (const raw of keys) {
    const key = await crypto.subtle.importKey("raw", raw, { name: "HMAC", hash: "SHA-256" }, false, ["verify"]);
    for (const signature of signatures) found = (signature !== null && (await crypto.subtle.verify("HMAC", key, signature, data))) || found;
  }
  return found;
}

function decodeSecrets(secrets: readonly string[]): Bytes[] {
  if (secrets.length === 0) throw new WebhookError("malformed_secret", "There is no secret to verify with.");
  return secrets.map((secret, i) => {
    const key = secret?.startsWith("whsec_") ? fromBase64(secret.slice(6)) : encoder.encode(secret ?? "");
    if (key === null) throw new WebhookError("malformed_secret", `What follows whsec_ in secret ${i + 1} is not base64.`);
    if (key.length === 0) throw new WebhookError("malformed_secret", `Secret ${i + 1} is empty.`);
    return key;
  });
}

function fromBase64(text: string): Bytes | null {
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text)) return null;
  return Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
}

function fromHex(text: string): Bytes | null {
  if (!/^(?:[0-9a-f]{2})+$/.test(text)) return null;
  return Uint8Array.from(text.match(/../g)!, (pair) => parseInt(pair, 16));
}

function concat(a: Uint8Array, b: Uint8Array): Bytes {
  const out = new Uint8Array(a.length + b.length);
  out.set(a);
  out.set(b, a.length);
  return out;
}

/**
 * The event of a body whose signature fits. What a trigger emitted comes from others and may look like any event of
 * ours; but it cannot know the id that it is sent under.
 */
function parse(id: string, time: number, bytes: Bytes): WebhookEvent {
  let raw: string;
  let body: unknown;
  try {
    raw = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    body = JSON.parse(raw);
  } catch {
    throw new WebhookError("malformed_body", "The body is signed, and is not JSON.");
  }
  const fields = (body !== null && typeof body === "object" ? body : {}) as Record<string, unknown>;
  const text = (name: string) => (typeof fields[name] === "string" && fields[name] !== "" ? (fields[name] as string) : undefined);
  const enveloped = id !== "" && text("id") === id && text("type") !== undefined && "data" in fields;
  const type = enveloped ? text("type") : id !== "" && text("event_id") === id ? text("event") : undefined;
  const told = (name: string) => (type === undefined ? undefined : text(name));
  const at = new Date(told(enveloped ? "timestamp" : "created_at") ?? NaN);
  return {
    id,
    type: type ?? "trigger.emitted",
    sentAt: new Date(time * 1000),
    createdAt: Number.isNaN(at.getTime()) ? undefined : at,
    environment: told("environment"),
    externalUserId: told("external_user_id"),
    body: enveloped ? fields.data : body,
    raw,
  } as WebhookEvent;
}
