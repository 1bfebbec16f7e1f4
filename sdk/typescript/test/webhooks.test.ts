import { readFileSync } from "node:fs";
import { describe, expect, test, vi } from "vitest";
import { handleWebhooks, verifyWebhook, WebhookError, type WebhookEvent } from "../src/index.js";

interface Vector {
  name: string;
  secrets: string[];
  now: number;
  tolerance?: number;
  headers: Record<string, string>;
  body: string;
  body_base64?: string;
  error?: string;
  event?: { id: string; type: string; sent_at: number; created_at?: string; environment?: string; external_user_id?: string; data?: string };
}

const { vectors } = JSON.parse(readFileSync(new URL("../../vectors/webhooks.json", import.meta.url), "utf8")) as { vectors: Vector[] };
const bytesOf = (v: Vector) => (v.body_base64 ? new Uint8Array(Buffer.from(v.body_base64, "base64")) : new TextEncoder().encode(v.body));
const request = (v: Vector) => ({
  headers: v.headers,
  body: bytesOf(v),
  secret: v.secrets,
  now: () => v.now * 1000,
  ...(v.tolerance === undefined ? {} : { tolerance: v.tolerance }),
});
const first = vectors[0]!;

test("there are vectors", () => expect(vectors.length).toBeGreaterThan(50));

describe("vectors", () => {
  test.each(vectors.map((v) => [v.name, v] as const))("%s", async (_, v) => {
    const said = await verifyWebhook(request(v)).catch((e: unknown) => e);
    if (v.error !== undefined) {
      expect(said).toBeInstanceOf(WebhookError);
      const { code, message } = said as WebhookError;
      expect(code).toBe(v.error);
      for (const secret of v.secrets) if (secret.length > 8) expect(message).not.toContain(secret);
      return;
    }
    const event = said as WebhookEvent;
    expect({
      id: event.id,
      type: event.type,
      sent_at: event.sentAt.getTime() / 1000,
      created_at: event.createdAt?.toISOString(),
      environment: event.environment,
      external_user_id: event.externalUserId,
      data: v.event?.data,
    }).toEqual({ created_at: undefined, environment: undefined, external_user_id: undefined, data: undefined, ...v.event });
    expect(new TextEncoder().encode(event.raw)).toEqual(bytesOf(v));
    expect(event.body).toEqual(JSON.parse(v.event?.data ?? event.raw));
  });
});

test("headers of fetch and of Node, bodies as text, bytes and buffers, one secret as text", async () => {
  const known = request(first);
  const bytes = bytesOf(first);
  for (const headers of [new Headers(first.headers), new Map(Object.entries(first.headers)), { ...first.headers, cookie: ["a"], "webhook-id": [first.headers["webhook-id"]!] }]) {
    for (const body of [first.body, bytes, bytes.buffer, Buffer.from(bytes), new Uint8Array([0, ...bytes]).subarray(1)]) {
      expect((await verifyWebhook({ ...known, headers, body, secret: first.secrets[0]! })).id).toBe(first.event!.id);
    }
  }
});

test("a body that was parsed already is told apart from a wrong signature", async () => {
  await expect(verifyWebhook({ ...request(first), body: JSON.parse(first.body) })).rejects.toThrow(TypeError);
});

test("a secret that is not set is malformed", async () => {
  for (const secret of [undefined, [undefined as unknown as string]]) {
    await expect(verifyWebhook({ ...request(first), secret })).rejects.toMatchObject({ code: "malformed_secret" });
  }
});

test("who is not told the time takes it from the machine: vectors of the past are late", async () => {
  const { now: _, ...rest } = request(first);
  await expect(verifyWebhook(rest)).rejects.toMatchObject({ code: "too_old" });
});

describe("handleWebhooks", () => {
  const now = () => first.now * 1000;
  const post = (headers: Record<string, string> = first.headers, body: string = first.body) => new Request("https://app.example.com/hooks", { method: "POST", headers, body });

  test("hands the event on", async () => {
    const heard: WebhookEvent[] = [];
    const res = await handleWebhooks({ secret: first.secrets, now }, (e) => void heard.push(e))(post());
    expect(res.status).toBe(204);
    const [event] = heard;
    if (event?.type !== "CONNECTION_SUCCESS") throw new Error(event?.type);
    expect(event.body.account.id).toMatch(/^apn_/);
  });

  test("a failure asks for another attempt, and does not tell why", async () => {
    const log = vi.spyOn(console, "error").mockReturnValue();
    const res = await handleWebhooks({ secret: first.secrets, now }, () => Promise.reject(new Error("the database at 10.0.0.1 is away")))(post());
    expect(res.status).toBe(500);
    expect(await res.text()).not.toContain("10.0.0.1");
    expect(log).toHaveBeenCalledOnce();
  });

  test.each([
    ["tampered with", post(undefined, `${first.body} `), first.secrets, 401, "wrong_signature"],
    ["not signed", post({}), first.secrets, 401, "no_signature"],
    ["malformed", post({ "x-pd-signature": "?" }), first.secrets, 400, "malformed_header"],
    ["misconfigured", post(), [], 500, "malformed_secret"],
  ])("%s", async (_, req, secret, status, code) => {
    const handle = vi.fn();
    const res = await handleWebhooks({ secret, now }, handle)(req);
    expect(res.status).toBe(status);
    expect(await res.json()).toMatchObject({ code, error: expect.any(String) });
    expect(handle).not.toHaveBeenCalled();
  });
});
