export default {
  key: "acme-flow-in-bounds",
  name: "flow-in-bounds",
  version: "0.0.1",
  type: "action",
  props: {},
  run({ $ }) {
    const tries = [
      () => $.flow.delay(), () => $.flow.delay(0), () => $.flow.delay(null), () => $.flow.delay(NaN), () => $.flow.suspend(-1), () => $.flow.suspend(400 * 86_400_000),
      () => $.flow.rerun("soon"), () => $.flow.rerun(1, null, -1), () => $.flow.rerun(1, null, 1.5), () => $.flow.rerun(1, null, 1e5), () => $.flow.rerun(1, "x".repeat(1 << 19)),
    ];
    return tries.map((t) => { try { t(); return "taken"; } catch (e) { return e.message.split(" ").slice(0, 3).join(" "); } });
  },
};
