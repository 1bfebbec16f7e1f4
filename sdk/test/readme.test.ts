import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join, resolve } from "node:path";
import express from "express";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import * as sdk from "../typescript/dist/index.js";

// The webhook handlers that the README shows are run as they stand there, behind what they are shown for.
const root = resolve(import.meta.dirname, "..");

interface Vector {
  name: string;
  secrets: string[];
  now: number;
  headers: Record<string, string>;
  body: string;
  error?: string;
}
const { vectors } = JSON.parse(readFileSync(join(root, "vectors/webhooks.json"), "utf8")) as { vectors: Vector[] };
const genuine = vectors.find((v) => !v.error && v.secrets.length === 1)!;
const { id, external_user_id } = (genuine as unknown as { event: { id: string; external_user_id: string } }).event;

/** The block that holds a text, as the body of a function: what it imports is given to it. */
function block(holds: string, ...names: string[]): (...given: unknown[]) => unknown {
  const blocks = [...readFileSync(join(root, "typescript/README.md"), "utf8").matchAll(/^```ts\n(.*?)^```$/gms)].map((m) => m[1]!).filter((text) => text.includes(holds));
  expect(blocks, holds).toHaveLength(1);
  const code = blocks[0]!.replace(/^import (\{.*\}) from "@patchbay\/sdk";$/m, "const $1 = sdk;").replace("export const POST =", "return");
  return new Function("sdk", ...names, code) as (...given: unknown[]) => unknown;
}

let server: Server | undefined;
beforeEach(() => {
  vi.stubEnv("PATCHBAY_SIGNING_KEY", genuine.secrets[0]);
  vi.useFakeTimers({ toFake: ["Date"], now: genuine.now * 1000 });
});
afterEach(() => {
  server?.close();
  vi.useRealTimers();
  vi.unstubAllEnvs();
});
async function listening(app: Parameters<typeof createServer>[1]): Promise<string> {
  server = createServer(app);
  await new Promise<void>((done) => server!.listen(0, "127.0.0.1", done));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test("a handler of fetch requests does its work once for each event, and none for what others send", async () => {
  const done: unknown[] = [], known = new Set<string>();
  const post = block("handleWebhooks", "process", "seen", "connected", "work")(
    sdk,
    process,
    (event: string) => known.has(event) || !known.add(event),
    (user: string, account: string) => done.push([user, account]),
    (body: unknown) => done.push(body),
  ) as (r: Request) => Promise<Response>;
  const send = (body: string) => post(new Request("https://app.example.com/hooks", { method: "POST", headers: genuine.headers, body }));
  expect((await send(genuine.body)).ok).toBe(true);
  expect((await send(genuine.body)).ok).toBe(true);
  expect((await send(`${genuine.body} `)).status).toBe(401);
  expect(done).toEqual([[external_user_id, (JSON.parse(genuine.body) as { account: { id: string } }).account.id]]);
});

test("a handler of Express saves what is ours and refuses what is not", async () => {
  const app = express(), saved: { id: string }[] = [];
  block("express.raw", "process", "app", "express", "save")(sdk, process, app, express, (event: { id: string }) => saved.push(event));
  const at = await listening(app);
  const send = async (body: string) => {
    const res = await fetch(`${at}/hooks`, { method: "POST", headers: genuine.headers, body });
    return { status: res.status, text: await res.text() };
  };
  expect(await send(genuine.body)).toEqual({ status: 204, text: "" });
  expect(await send(`${genuine.body} `)).toEqual({ status: 401, text: '{"code":"wrong_signature"}' });
  expect(saved.map((e) => e.id)).toEqual([id]);
});
