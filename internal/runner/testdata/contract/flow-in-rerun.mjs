export default {
  key: "acme-flow-in-rerun",
  name: "flow-in-rerun",
  version: "0.0.1",
  type: "action",
  props: {},
  run({ $ }) {
    const { runs, context } = $.context.run;
    $.flow.rerun(0.5e3, null);
    return [runs, context === undefined];
  },
};
