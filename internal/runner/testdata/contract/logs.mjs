export default {
  key: "acme-logs",
  name: "logs",
  version: "0.0.1",
  type: "action",
  props: {},
  run() { console.log("a", { b: 1 }); console.warn("w"); console.error("e"); process.stdout.write("raw\n"); },
};
