// $.files: the files of a run, which are those of its /tmp. With a stash they are
// the stash's.

import { createReadStream, createWriteStream } from "node:fs";
import { copyFile, mkdir, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, relative, resolve, sep } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { request } from "./platform/http.mjs";

class File {
  constructor(path) {
    this.path = path;
  }

  createReadStream() {
    return createReadStream(this.path);
  }

  /** Returns a stream that the file is written with; its folders are made. */
  async createWriteStream() {
    await mkdir(dirname(this.path), { recursive: true });
    return createWriteStream(this.path);
  }

  async toReadableStream() {
    await stat(this.path); // a stream would tell later that it is not there
    return Readable.toWeb(createReadStream(this.path));
  }

  async toBuffer() {
    return await readFile(this.path);
  }

  /** Copies the file to a path. */
  async toFile(path) {
    await copyFile(this.path, path);
  }

  async toUrl() {
    throw new Error("A file has no address while its run goes on. Run the action with a stash_id: what it leaves in /tmp then has a link.");
  }

  async fromFile(path) {
    await mkdir(dirname(this.path), { recursive: true });
    await copyFile(path, this.path);
    return this;
  }

  async fromReadableStream(stream) {
    await pipeline(stream, await this.createWriteStream());
    return this;
  }

  async fromUrl(url) {
    const res = await request({ method: "GET", url: String(url), headers: {} }, { stream: true });
    if (res.status >= 400) {
      res.data.destroy();
      throw new Error(`The file at ${new URL(url).host} cannot be had: ${res.status} ${res.statusText}`.trim());
    }
    return await this.fromReadableStream(res.data);
  }

  async delete() {
    await rm(this.path);
  }
}

export const files = {
  /** The file of a name, which need not be there yet. */
  open(name) {
    const path = resolve(join(tmpdir(), String(name ?? "")));
    if (!path.startsWith(tmpdir() + sep)) throw new Error(`${JSON.stringify(name)} is no name of a file.`);
    return new File(path);
  },

  /** Goes through a folder: {isDirectory, isFile, path, name, size, modifiedAt} of each. */
  async *dir(folder = "") {
    const at = resolve(join(tmpdir(), String(folder)));
    if (at !== tmpdir() && !at.startsWith(tmpdir() + sep)) throw new Error(`${JSON.stringify(folder)} is no folder of the run.`);
    for (const e of (await readdir(at, { withFileTypes: true })).sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = join(at, e.name);
      const info = await stat(path).catch(() => undefined); // it may be gone by now
      if (info) yield { isDirectory: () => info.isDirectory(), isFile: () => info.isFile(), path: relative(tmpdir(), path), name: e.name, size: info.size, modifiedAt: info.mtime };
    }
  },
};
