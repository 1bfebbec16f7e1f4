export default {
  key: "acme-respond-bytes",
  name: "respond-bytes",
  version: "0.0.1",
  type: "action",
  props: {},
  run({ $ }) { $.respond({ body: Buffer.from("abc") }); },
};
