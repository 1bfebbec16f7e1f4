import { readFile, writeFile, mkdir } from "node:fs/promises";

// Reads a file of its stash and leaves two.
export default {
  key: "code-files",
  name: "Copy File",
  version: "0.1.0",
  type: "action",
  props: {
    from: { type: "string", label: "From", format: "file-ref" },
    fail: { type: "boolean", optional: true },
    dir: { type: "dir", accessMode: "write", sync: true },
  },
  async run({ $ }) {
    const text = await readFile(this.from, "utf8");
    await mkdir("/tmp/out", { recursive: true });
    await writeFile("/tmp/out/loud.txt", text.toUpperCase());
    await writeFile("/tmp/twice.txt", text + text);
    if (this.fail) throw new Error("it failed afterwards");
    $.respond({ status: 200 });
    $.send.email({ subject: "done" });
    return text.length;
  },
};
