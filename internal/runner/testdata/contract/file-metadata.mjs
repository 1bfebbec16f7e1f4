import { getFileStreamAndMetadata } from "@pipedream/platform";
export default {
  key: "acme-file-metadata",
  name: "file-metadata",
  version: "0.0.1",
  type: "action",
  props: { file: { type: "string" } },
  async run() { const { stream, metadata } = await getFileStreamAndMetadata(this.file); stream.destroy(); return [metadata.contentType, metadata.size]; },
};
