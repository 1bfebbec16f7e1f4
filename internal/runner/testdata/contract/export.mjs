export default {
  key: "acme-export",
  name: "export",
  version: "0.0.1",
  type: "action",
  props: {},
  run({ $ }) { $.export("a", { b: 1 }); $.export("$summary", "Did it"); $.export("none", undefined); },
};
