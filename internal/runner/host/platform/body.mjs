// What goes out with a call, and the headers that tell of it.

import { Readable } from "node:stream";
import { pairsOf } from "./params.mjs";

/** Sets a header unless there is one of that name, however it is written. */
export function setDefault(headers, name, value, force = false) {
  for (const known of Object.keys(headers)) {
    if (known.toLowerCase() !== name.toLowerCase()) continue;
    if (!force) return;
    delete headers[known];
  }
  headers[name] = value;
}

const headerOf = (headers, name) => Object.entries(headers).find(([k]) => k.toLowerCase() === name)?.[1];

/** The body of a call as it is sent, and all its headers. */
export function bodyOf(config) {
  const headers = { ...config.headers };
  for (const [k, v] of Object.entries(headers)) {
    if (v === null || v === false) delete headers[k];
    else headers[k] = Array.isArray(v) ? v.map(String) : String(v);
  }
  setDefault(headers, "Accept", "application/json, text/plain, */*");
  setDefault(headers, "Accept-Encoding", "gzip, deflate, br");
  setDefault(headers, "User-Agent", "patchbay");
  let { data } = config;
  for (const fn of [config.transformRequest ?? []].flat()) data = fn(data, headers);
  if (data === undefined || data === null) return { headers };
  const body = encoded(data, headers, config.method);
  if (!body?.pipe) setDefault(headers, "Content-Length", String(Buffer.byteLength(body)), true);
  return { headers, body };
}

function encoded(data, headers) {
  if (typeof data === "string" || Buffer.isBuffer(data)) {
    setDefault(headers, "Content-Type", "application/x-www-form-urlencoded");
    const json = /json/i.test(headerOf(headers, "content-type"));
    return typeof data === "string" && json && !isJSON(data) ? JSON.stringify(data) : data;
  }
  if (data instanceof ArrayBuffer || ArrayBuffer.isView(data)) {
    setDefault(headers, "Content-Type", "application/octet-stream");
    return Buffer.from(data.buffer ?? data, data.byteOffset ?? 0, data.byteLength);
  }
  if (data instanceof URLSearchParams) {
    setDefault(headers, "Content-Type", "application/x-www-form-urlencoded;charset=utf-8");
    return data.toString();
  }
  if (typeof data.getHeaders === "function") { // the package form-data
    for (const [k, v] of Object.entries(data.getHeaders())) setDefault(headers, k, v, true);
    return data;
  }
  if (data.pipe) {
    setDefault(headers, "Content-Type", "application/octet-stream");
    return data;
  }
  if (typeof FormData !== "undefined" && data instanceof FormData) return form(data, headers);
  if (typeof Blob !== "undefined" && data instanceof Blob) {
    setDefault(headers, "Content-Type", data.type || "application/octet-stream");
    return Readable.fromWeb(data.stream());
  }
  const type = headerOf(headers, "content-type") ?? "";
  if (/x-www-form-urlencoded/i.test(type)) return new URLSearchParams(pairsOf(data)).toString();
  if (/multipart\/form-data/i.test(type)) return form(formOf(data), headers);
  setDefault(headers, "Content-Type", "application/json");
  return JSON.stringify(data);
}

function isJSON(text) {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function formOf(data) {
  const out = new FormData();
  for (const [k, v] of pairsOf(data)) out.append(k, v);
  return out;
}

/** The runtime writes forms in parts by itself. */
function form(data, headers) {
  const res = new Response(data);
  setDefault(headers, "Content-Type", res.headers.get("content-type"), true);
  return Readable.fromWeb(res.body);
}
