// What is written to the console belongs to the request in whose course it was
// written, and to none when that is over.

import { AsyncLocalStorage } from "node:async_hooks";
import { format, inspect } from "node:util";
import { send } from "./wire.mjs";

const current = new AsyncLocalStorage();
const LONGEST = 16 << 10;

/** Runs fn as a part of the request. */
export const within = (request, fn) => current.run(request, fn);

/** The request that is being carried out here, if it is not over. */
export function now() {
  const request = current.getStore();
  return request?.over ? undefined : request;
}

function write(level, text) {
  const request = now();
  if (!request) return;
  send({ t: "log", id: request.id, level, text: text.length > LONGEST ? text.slice(0, LONGEST) + "…" : text });
}

/** Puts the console, and what is written to standard output, on the line. */
export function capture() {
  const levels = { debug: "debug", log: "log", info: "info", warn: "warn", error: "error", trace: "debug" };
  for (const [method, level] of Object.entries(levels)) {
    console[method] = (...args) => write(level, format(...args));
  }
  console.dir = (value, options) => write("log", inspect(value, options));
  console.table = (value) => write("log", inspect(value));
  for (const [stream, level] of [[process.stdout, "log"], [process.stderr, "error"]]) {
    stream.write = (chunk, encoding, done) => {
      const text = typeof chunk === "string" ? chunk : Buffer.from(chunk).toString("utf8");
      if (text.trim()) write(level, text.replace(/\n$/, ""));
      const callback = typeof encoding === "function" ? encoding : done;
      if (callback) queueMicrotask(callback);
      return true;
    };
  }
}
