import { readFile } from "node:fs/promises";
import { Readable } from "node:stream";
export default {
  key: "acme-files",
  name: "files",
  version: "0.0.1",
  type: "action",
  props: {},
  async run({ $ }) {
    const folder = `files-${process.pid}-${Date.now()}`;
    const first = $.files.open(`${folder}/a.txt`);
    await first.fromReadableStream(Readable.from(["he", "llo"]));
    await (await $.files.open(`${folder}/b.txt`).fromFile(first.path)).toFile(`${first.path}.copy`);
    let streamed = "";
    for await (const chunk of first.createReadStream()) streamed += chunk;
    for await (const chunk of await first.toReadableStream()) streamed += Buffer.from(chunk).toString();
    const listed = [];
    for await (const f of $.files.dir(folder)) listed.push([f.name, f.size, f.isFile(), f.path === `${folder}/${f.name}`]);
    const refused = [];
    for (const attempt of [() => $.files.open("../etc/passwd"), () => $.files.open(""), () => first.toUrl(), () => $.files.open(`${folder}/none`).toBuffer(), () => $.files.dir("..").next()]) {
      try { await attempt(); } catch (err) { refused.push(err.code ?? err.message); }
    }
    await first.delete();
    const left = [];
    for await (const f of $.files.dir(folder)) left.push(f.name);
    return { text: String(await readFile(`${first.path}.copy`)), streamed, listed, refused, left };
  },
};
