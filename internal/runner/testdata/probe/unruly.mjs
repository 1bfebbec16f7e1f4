// Misbehaves as it is told to.

import { execFileSync, spawn } from "node:child_process";
import fs from "node:fs";
import net from "node:net";

// Deno has to be got round to reach a descriptor that it did not open.
const library = globalThis.Deno?.dlopen("libc.so.6", { write: { parameters: ["i32", "buffer", "usize"], result: "isize" }, close: { parameters: ["i32"], result: "i32" } });
const writeSync = (fd, data) => (library ? library.symbols.write(fd, Buffer.from(data), BigInt(Buffer.byteLength(data))) : fs.writeSync(fd, data));
const closeSync = (fd) => (library ? library.symbols.close(fd) : fs.closeSync(fd));

const ask = (host, port) =>
  new Promise((yes, no) => {
    const s = net.connect({ host, port: Number(port), timeout: 20_000 }, () => s.write("GET / HTTP/1.0\r\n\r\n"));
    s.on("data", (d) => (s.destroy(), String(d).startsWith("HTTP/") ? yes() : no(d)));
    for (const event of ["error", "close", "timeout"]) s.on(event, no);
  });

// Says what the host would not, under the id that it finds out.
function pause(more) {
  const { stringify } = JSON;
  let id;
  JSON.stringify = (value, ...rest) => ((id ??= value?.id), stringify(value, ...rest));
  console.log("whose id is it");
  JSON.stringify = stringify;
  writeSync(4, stringify({ t: "flow", id, kind: "delay", ms: 1000, ...more }) + "\n");
  return "put off";
}

const ways = {
  loop: () => {
    console.log("before the loop");
    for (;;);
  },
  hang: () => {
    console.log("before it hangs");
    return new Promise(() => setInterval(() => {}, 1000));
  },
  held: ($) => {
    $.respond({ status: 202, body: String(process.pid) });
    return new Promise(() => setInterval(() => {}, 1000));
  },
  exit: () => process.exit(3),
  throws: () => {
    throw new TypeError("this went wrong");
  },
  text: () => {
    throw "a text"; // eslint-disable-line no-throw-literal
  },
  nothing: () => {
    throw undefined;
  },
  later: () => new Promise(() => setTimeout(() => { throw new Error("thrown later"); }, 5)),
  rejected: () => new Promise(() => void Promise.reject(new Error("never caught"))),
  garbage: () => {
    writeSync(4, "this is no message\n");
    return new Promise(() => setInterval(() => {}, 1000));
  },
  forged: () => {
    writeSync(4, '{"t":"done","id":"call_of_another","value":"forged"}\n');
    return "its own";
  },
  pauseAlone: () => pause({}),
  pauseKind: () => pause({ kind: "never" }),
  pauseBefore: () => pause({ ms: -1 }),
  pauseForEver: () => pause({ ms: 1e300 }),
  pauseOften: () => pause({ kind: "rerun", reruns: 1e9 }),
  pauseMuch: () => pause({ payload: "x".repeat(1 << 19) }),
  pauseGarbage: () => pause({ ms: "soon" }),
  deaf: () => {
    closeSync(4);
    return new Promise(() => setInterval(() => {}, 1000));
  },
  long: () => {
    const chunk = Buffer.alloc(1 << 20, 97);
    for (let i = 0; i < 20; i++) writeSync(4, chunk);
    return new Promise(() => setInterval(() => {}, 1000));
  },
  large: () => "a".repeat(17 << 20),
  flood: () => {
    for (;;) console.log("x".repeat(10_000));
  },
  many: () => {
    for (let i = 0; i < 5000; i++) console.log(i);
    return "done";
  },
  buffers: () => {
    const kept = [];
    for (;;) kept.push(Buffer.alloc(8 << 20, 1));
  },
  heap: () => {
    const kept = [];
    for (;;) kept.push(Array.from({ length: 1000 }, (_, i) => ({ i, kept })));
  },
  native: () => {
    execFileSync("/bin/sh", ["-c", "echo from outside; echo and wrong >&2"], { stdio: "inherit" });
    return "said";
  },
  children: () => {
    spawn("/bin/sleep", ["3600"], { stdio: "inherit" });
    spawn("/bin/sleep", ["3"], { stdio: "inherit", detached: true }).unref();
    return new Promise(() => {});
  },
  circular: () => {
    const a = {};
    a.a = a;
    return a;
  },
  big: () => ({ n: 12345678901234567890n, u: undefined, f: () => {}, d: new Date(0) }),
  after: () => {
    setTimeout(() => console.log("of a run that is over"), 20);
    return "first";
  },
  wait: () => new Promise((resolve) => setTimeout(() => resolve("waited"), 60)),
  pid: () => process.pid,
  forks: () => {
    setInterval(() => {
      for (let i = 0; i < 20; i++) spawn("/bin/sleep", ["3600"]).on("error", () => {});
    }, 10);
    return new Promise(() => {});
  },
  async escapes($, { app, local, other, server }) {
    const got = [];
    const tries = {
      app: () => ask("127.0.0.2", app),
      shadow: () => fs.readFileSync("/etc/shadow"),
      environment: () => fs.readFileSync(`/proc/${server}/environ`),
      memory: () => fs.openSync(`/proc/${server}/mem`),
      other: () => fs.readFileSync(other),
      itself: () => fs.writeFileSync(new URL(import.meta.url), ""),
      metadata: () => ask("169.254.169.254", 80),
      loopback: () => ask("127.0.0.1", local),
      signal: () => process.kill(Number(server), 0),
    };
    for (const [name, attempt] of Object.entries(tries)) {
      try {
        await attempt();
        got.push(name);
      } catch {}
    }
    return got;
  },
  env: () => ({ ...process.env }),
  secret() {
    const { api_key: key } = this.acme.$auth;
    console.log(`the key is ${key}, in a query ${encodeURIComponent(key)}, and ${Buffer.from(`${key}:`).toString("base64")}`);
    throw new Error(`refused for ${key}`);
  },
};

export default {
  key: "acme-unruly",
  name: "Unruly",
  version: "0.0.1",
  type: "action",
  props: { acme: { type: "app", app: "acme" }, way: { type: "string" }, world: { type: "object", optional: true } },
  run({ $ }) {
    return ways[this.way].call(this, $, this.world);
  },
};
