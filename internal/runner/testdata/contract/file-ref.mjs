import { getFileStream } from "@pipedream/platform";
export default {
  key: "acme-file-ref",
  name: "file-ref",
  version: "0.0.1",
  type: "action",
  props: { file: { type: "string", format: "file-ref" } },
  async run() { let text = ""; for await (const c of await getFileStream(this.file)) text += c; return text; },
};
