// One request over node:http or node:https, with redirects, compression and a time
// limit.

import http from "node:http";
import https from "node:https";
import { pipeline } from "node:stream";
import { createBrotliDecompress, createGunzip, createInflate } from "node:zlib";

const REDIRECTS = 5;
const KEPT = { keepAlive: true, keepAliveMsecs: 1000, maxSockets: 64, timeout: 60_000 };
const agents = { "http:": new http.Agent(KEPT), "https:": new https.Agent(KEPT) };

/**
 * Sends a request, and returns its answer with a stream of the body (stream), or
 * with all of it as a Buffer.
 *
 * @param {{method: string, url: string, headers: object, body?: Buffer|string|import("node:stream").Readable}} req
 * @returns {Promise<{status: number, statusText: string, headers: object, data: any, url: string}>}
 */
export async function request(req, { stream = false, timeout = 0, redirects = REDIRECTS, signal, agent, most = 0 } = {}) {
  for (let left = redirects, r = req; ; left--) {
    const res = await once(r, { timeout, signal, agent });
    const { location } = res.headers;
    if (!location || res.statusCode < 300 || res.statusCode > 399 || redirects === 0) return await answer(res, r, { stream, most });
    res.resume();
    if (left === 0) throw fault("ERR_FR_TOO_MANY_REDIRECTS", `${new URL(req.url).host} redirects more than ${redirects} times.`);
    r = redirected(r, res, new URL(location, r.url));
  }
}

/** A credential is not taken along to another host. */
function redirected(r, res, url) {
  const next = { ...r, url: url.href, headers: { ...r.headers } };
  const seeOther = res.statusCode === 303 || (res.statusCode < 303 && r.method === "POST");
  if (seeOther && r.method !== "HEAD") Object.assign(next, { method: "GET", body: undefined });
  if (next.body?.pipe) throw fault("ERR_BAD_REQUEST", "A stream cannot be sent again to where the app redirects.");
  const elsewhere = new URL(r.url).host !== url.host || (new URL(r.url).protocol === "https:" && url.protocol === "http:");
  for (const name of Object.keys(next.headers)) {
    const known = name.toLowerCase();
    if (known === "host" || (elsewhere && ["authorization", "cookie", "proxy-authorization"].includes(known))) delete next.headers[name];
    if (seeOther && ["content-type", "content-length", "transfer-encoding"].includes(known)) delete next.headers[name];
  }
  return next;
}

function once({ method, url, headers, body }, { timeout, signal, agent }) {
  const to = new URL(url);
  if (!agents[to.protocol]) throw fault("ERR_BAD_REQUEST", `${to.protocol} is not a protocol that can be called.`);
  return new Promise((resolve, reject) => {
    const out = (to.protocol === "https:" ? https : http).request(to, { method, headers, signal, agent: agent ?? agents[to.protocol] }, resolve);
    out.on("error", reject);
    if (timeout > 0) out.setTimeout(timeout, () => out.destroy(fault("ECONNABORTED", `timeout of ${timeout}ms exceeded`)));
    if (body?.pipe) pipeline(body, out, (err) => err && out.destroy(err));
    else out.end(body);
  });
}

async function answer(res, r, { stream, most }) {
  const decoded = decode(res, r.method);
  const out = { status: res.statusCode, statusText: res.statusMessage ?? "", headers: res.headers, url: r.url };
  if (stream) return { ...out, data: decoded };
  const parts = [];
  let size = 0;
  for await (const chunk of decoded) {
    size += chunk.length;
    if (most > 0 && size > most) throw fault("ERR_BAD_RESPONSE", `The answer has more than ${most} bytes.`);
    parts.push(chunk);
  }
  return { ...out, data: Buffer.concat(parts) };
}

function decode(res, method) {
  const by = { gzip: createGunzip, "x-gzip": createGunzip, deflate: createInflate, br: createBrotliDecompress }[res.headers["content-encoding"]];
  if (!by || method === "HEAD" || res.statusCode === 204 || res.statusCode === 304) return res;
  delete res.headers["content-encoding"];
  delete res.headers["content-length"];
  return pipeline(res, by(), () => {});
}

function fault(code, message) {
  return Object.assign(new Error(message), { code });
}
