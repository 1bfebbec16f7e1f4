export default {
  key: "acme-dir",
  name: "dir",
  version: "0.0.1",
  type: "action",
  props: { files: { type: "dir", accessMode: "write", sync: true } },
  run() { return "files" in this; },
};
