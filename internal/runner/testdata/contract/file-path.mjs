import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { getFileStreamAndMetadata } from "@pipedream/platform";

export default {
  key: "acme-file-path",
  name: "file-path",
  version: "0.0.1",
  type: "action",
  props: {},
  async run() {
    const file = join(await mkdtemp(join(tmpdir(), "seen-")), "seen.txt");
    await writeFile(file, "abc");
    const { stream, metadata } = await getFileStreamAndMetadata(file);
    let text = "";
    for await (const c of stream) text += c;
    return [text, metadata.name, metadata.contentType];
  },
};
