// The line to the server: one JSON value a line, requests in on file descriptor 3,
// what became of them out on 4. Standard output stays free for whoever writes there.

import { createReadStream, writeSync } from "node:fs";
import { Socket } from "node:net";

const IN = 3;
const OUT = 4;

/** How long a line may be, in bytes. The server says it with its first request. */
export const limits = { line: 16 << 20 };

/** Something that is too large for a line. */
export class TooLarge extends Error {
  constructor(what, size) {
    super(`${what} has ${size} bytes as JSON, more than the ${limits.line} that may be handed over.`);
    this.name = "TooLarge";
  }
}

// Deno knows only those descriptors that it opened; the system's own library knows all.
const library = globalThis.Deno?.dlopen?.(Deno.build.os === "darwin" ? "libSystem.B.dylib" : "libc.so.6", {
  write: { parameters: ["i32", "buffer", "usize"], result: "isize" },
});

/** Writes a line from a byte on, and returns how many were taken. */
function write(line, at) {
  if (!library) return writeSync(OUT, line, at);
  const n = Number(library.symbols.write(OUT, line.subarray(at), BigInt(line.length - at)));
  if (n < 0) throw new Error("The server has hung up.");
  return n;
}

/** Writes a message at once, so that it is out even if nothing else ever happens. */
export function send(message, what = "A message") {
  const line = Buffer.from(JSON.stringify(message) + "\n");
  if (line.length > limits.line) throw new TooLarge(what, line.length);
  for (let at = 0; at < line.length; ) {
    try {
      at += write(line, at);
    } catch (err) {
      if (err.code !== "EAGAIN") throw err;
    }
  }
}

/** Calls take with each message, in order, until the server hangs up. */
export function receive(take, end) {
  let parts = [];
  const input = open();
  input.on("data", (chunk) => {
    for (let at; (at = chunk.indexOf(10)) >= 0; chunk = chunk.subarray(at + 1)) {
      parts.push(chunk.subarray(0, at));
      const line = Buffer.concat(parts).toString("utf8");
      parts = [];
      if (line) take(JSON.parse(line));
    }
    if (chunk.length) parts.push(chunk);
  });
  input.on("end", end);
  input.on("error", end);
}

function open() {
  try {
    return new Socket({ fd: IN, readable: true, writable: false });
  } catch {
    return createReadStream(`/dev/fd/${IN}`); // a runtime whose sockets cannot take a pipe
  }
}

let asked = 0;
const waiting = new Map();

/** Asks the server for something on behalf of a request, and waits for the answer. */
export function ask(id, what, args) {
  const n = ++asked;
  return new Promise((resolve, reject) => {
    waiting.set(n, { resolve, reject });
    send({ t: "ask", id, n, what, args }, "The question");
  });
}

/** Settles what ask began. */
export function answered({ n, value, error, code }) {
  const w = waiting.get(n);
  waiting.delete(n);
  if (error !== undefined) w?.reject(Object.assign(new Error(error), code && { code }));
  else w?.resolve(value);
}
