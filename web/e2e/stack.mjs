// What the stories run against: the real program with everything that it
// starts, a browser, a pretend SaaS and a webhook receiver that checks signatures.
import { spawn } from "node:child_process";
import { createHmac, timingSafeEqual } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { chromium } from "playwright-core";

const root = resolve(import.meta.dirname, "../..");
const browsers = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome", "/Applications/Chromium.app/Contents/MacOS/Chromium"];

/** How long something is waited for, in milliseconds: longer than any machine takes that works. */
const patience = 60_000;

/** Listens on a free port of the loopback interface. A test that fails leaves it behind, which keeps nobody. */
export async function listen(handler) {
  const server = createServer(async (req, res) => {
    try {
      await handler(req, res);
    } catch (e) {
      if (!req.destroyed || !/aborted/.test(e.message)) console.error(e); // whoever hung up is not waiting for an answer
      res.destroy();
    }
  });
  await new Promise((ok) => server.listen(0, "127.0.0.1", ok));
  server.unref();
  return { server, url: `http://localhost:${server.address().port}`, port: server.address().port };
}

/** Four free ports in a row, as the program takes them. */
export async function freePorts() {
  for (let i = 0; i < 20; i++) {
    const base = 20_000 + Math.floor(Math.random() * 12_000); // below those that outgoing connections are given
    const servers = [0, 1, 2, 3].map((n) => createServer().listen(base + n, "127.0.0.1"));
    const free = await Promise.all(servers.map((s) => new Promise((ok) => s.once("listening", () => ok(true)).once("error", () => ok(false)))));
    await Promise.all(servers.map((s) => new Promise((ok) => s.close(ok))));
    if (free.every(Boolean)) return base;
  }
  throw new Error("no four free ports in a row");
}

/** Starts `patchbay dev` in an empty folder and waits for its banner; once more where somebody was faster to its ports. */
export async function start() {
  for (let tries = 1; ; tries++) {
    try {
      return await startOnce();
    } catch (e) {
      if (tries === 5 || !/taken by another program|address already in use/.test(e.message)) throw e;
    }
  }
}

async function startOnce() {
  const folder = mkdtempSync(join(tmpdir(), "patchbay-e2e-"));
  const child = spawn(join(root, "bin/patchbay"), ["dev"], {
    cwd: folder, env: { ...process.env, PORT: String(await freePorts()), PATCHBAY_DATABASE_URL: "", PATCHBAY_REDIS_URL: "" },
  });
  let said = "";
  const ended = new Promise((ok) => child.once("exit", ok));
  await new Promise((ok, no) => {
    const late = setTimeout(() => no(new Error(`not ready in time:\n${said}`)), 3 * patience);
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (b) => {
      said += b;
      if (said.includes("Ctrl-C ends everything")) { clearTimeout(late); ok(); }
    });
    ended.then((code) => no(new Error(`ended with ${code}:\n${said}`)));
  });
  const env = Object.fromEntries(readFileSync(join(folder, ".patchbay/dev.env"), "utf8").trim().split("\n").map((l) => l.split(/=(.*)/s).slice(0, 2)));
  return {
    folder, env, signIn: said.match(/http\S+\/console\/link\/\S+/)[0],
    async stop() {
      child.kill("SIGINT");
      const code = await ended;
      rmSync(folder, { recursive: true, force: true });
      return code;
    },
  };
}

/** A client of the API with an access token. */
export async function client({ env }) {
  const answer = await fetch(`${env.PATCHBAY_BASE_URL}/v1/oauth/token`, {
    method: "POST", headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ grant_type: "client_credentials", client_id: env.PATCHBAY_CLIENT_ID, client_secret: env.PATCHBAY_CLIENT_SECRET }),
  });
  const { access_token } = await answer.json();
  return async (method, path, body, headers = {}) => {
    const url = path.startsWith("http") ? path : env.PATCHBAY_BASE_URL + path.replace("{p}", env.PATCHBAY_PROJECT_ID);
    const res = await fetch(url, {
      method, headers: { Authorization: `Bearer ${access_token}`, "x-pd-environment": "development", "Content-Type": "application/json", ...headers },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await res.text();
    return { status: res.status, body: text ? JSON.parse(text) : undefined };
  };
}

/** A receiver of webhooks. It answers 401 to what is not signed with its key, and 500 while it is broken, which may be a question of the request. */
export async function sink() {
  const got = [];
  const at = await listen(async (req, res) => {
    let raw = "";
    for await (const chunk of req) raw += chunk;
    const parts = (req.headers["x-pd-signature"] ?? "").split(",").map((p) => p.split("="));
    const t = parts.find(([k]) => k === "t")?.[1];
    const want = createHmac("sha256", at.key ?? "").update(`${t}.${raw}`).digest();
    const ours = Math.abs(Date.now() / 1000 - t) < 300 && parts.some(([k, v]) => k === "v1" && v.length === 64 && timingSafeEqual(Buffer.from(v, "hex"), want));
    if (typeof at.broken === "function" ? at.broken(req) : at.broken) return void res.writeHead(500).end("out of order");
    if (ours) got.push({ headers: req.headers, body: JSON.parse(raw) });
    res.writeHead(ours ? 200 : 401).end();
  });
  return Object.assign(at, { got });
}

/** Waits until fn gives something. */
export async function until(what, fn) {
  for (const end = Date.now() + patience; Date.now() < end;) {
    const v = await fn();
    if (v) return v;
    await new Promise((ok) => setTimeout(ok, 100));
  }
  throw new Error(`waited in vain for ${what}`);
}

/** A browser that takes the certificate of the local authority. */
export async function browser({ args = [] } = {}) {
  const { existsSync } = await import("node:fs");
  const executablePath = browsers.find((b) => b && existsSync(b));
  const b = await chromium.launch({
    executablePath, args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync", ...args],
  });
  const { newContext } = b;
  b.newContext = async (options) => {
    const context = await newContext.call(b, options);
    context.setDefaultTimeout(patience);
    context.on("page", leave);
    if (process.env.SLOW) context.on("page", slow);
    return context;
  };
  return { browser: b, context: await b.newContext({ ignoreHTTPSErrors: true, viewport: { width: 1280, height: 860 } }) };
}

/** Has a page's close come back in any case: that of one which closes itself at this moment may never be answered. */
function leave(page) {
  const { close } = page;
  page.close = (options) => Promise.race([close.call(page, options).catch((e) => { if (!page.isClosed()) throw e; }), new Promise((ok) => setTimeout(ok, 5_000))]);
}

/** SLOW=6 has each page run six times as slowly as this machine would, to find what waits for too little. */
async function slow(page) {
  const session = await page.context().newCDPSession(page).catch(() => undefined);
  await session?.send("Emulation.setCPUThrottlingRate", { rate: Number(process.env.SLOW) }).catch(() => undefined);
}

/** Presses what may close its own window, faster than the click is told to have been done. */
export const press = (button) => button.click().catch((e) => { if (!button.page().isClosed()) throw e; });

/** Allows the demo provider what it asks for. */
export const allow = (where) => press(where.getByRole("button", { name: "Allow access" }));
