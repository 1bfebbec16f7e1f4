export default {
  key: "acme-respond",
  name: "respond",
  version: "0.0.1",
  type: "action",
  props: {},
  run({ $ }) { $.respond({ status: 201, headers: { "X-A": 1 }, body: { ok: true } }); $.respond({ status: 500 }); return "on"; },
};
