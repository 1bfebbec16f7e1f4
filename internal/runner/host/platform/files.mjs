// Files that a user names: a path, an address, or a data: URL.

import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { basename, extname } from "node:path";
import { Readable } from "node:stream";
import { request } from "./http.mjs";

const TYPES = {
  csv: "text/csv", gif: "image/gif", html: "text/html", jpeg: "image/jpeg", jpg: "image/jpeg", json: "application/json", md: "text/markdown",
  mp3: "audio/mpeg", mp4: "video/mp4", pdf: "application/pdf", png: "image/png", svg: "image/svg+xml", txt: "text/plain", webp: "image/webp",
  xml: "application/xml", zip: "application/zip",
};

/** Returns a stream of the file's bytes. */
export async function getFileStream(pathOrUrl) {
  return (await getFileStreamAndMetadata(pathOrUrl)).stream;
}

/**
 * Returns a stream of the file's bytes, and what is known of it: name, size in
 * bytes, contentType, lastModified and etag. What is not known is absent.
 */
export async function getFileStreamAndMetadata(pathOrUrl) {
  const at = String(pathOrUrl ?? "");
  if (/^https?:\/\//i.test(at)) return remote(at);
  if (/^data:/i.test(at)) return inline(at);
  const { size, mtime } = await stat(at);
  return { stream: createReadStream(at), metadata: { name: basename(at), size, lastModified: mtime, contentType: typeOf(at) } };
}

const typeOf = (name) => TYPES[extname(name).slice(1).toLowerCase()];

async function remote(url) {
  const res = await request({ method: "GET", url, headers: {} }, { stream: true });
  if (res.status >= 400) {
    res.data.destroy();
    throw new Error(`The file at ${new URL(url).host} cannot be had: ${res.status} ${res.statusText}`.trim());
  }
  const { headers } = res;
  const size = Number(headers["content-length"]);
  const metadata = {
    name: nameOf(headers["content-disposition"]) ?? (basename(decodeURIComponent(new URL(url).pathname)) || undefined),
    size: Number.isFinite(size) && headers["content-length"] !== undefined && !headers["content-encoding"] ? size : undefined,
    contentType: headers["content-type"]?.split(";")[0],
    lastModified: headers["last-modified"] ? new Date(headers["last-modified"]) : undefined,
    etag: headers.etag,
  };
  return { stream: res.data, metadata };
}

function nameOf(disposition = "") {
  const extended = /filename\*=UTF-8''([^;]+)/i.exec(disposition)?.[1];
  return extended ? decodeURIComponent(extended) : /filename="?([^";]+)"?/i.exec(disposition)?.[1];
}

function inline(url) {
  const cut = url.indexOf(",");
  if (cut < 0) throw new Error("The data: URL has no data.");
  const [type, ...rest] = url.slice(5, cut).split(";");
  const text = decodeURIComponent(url.slice(cut + 1));
  const bytes = rest.includes("base64") ? Buffer.from(text, "base64") : Buffer.from(text, "utf8");
  return { stream: Readable.from([bytes], { objectMode: false }), metadata: { size: bytes.length, contentType: type || "text/plain" } };
}
