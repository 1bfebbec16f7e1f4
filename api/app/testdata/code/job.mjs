import { axios } from "@pipedream/platform";

// Has an upstream do something that takes a while, and asks until it is done, or
// until it calls back.
export default {
  key: "acme-code-await-job",
  name: "Await Job",
  description: "Begin a job and wait until it is done.",
  version: "0.1.0",
  type: "action",
  props: { url: { type: "string" }, every: { type: "integer" } },
  async run({ $ }) {
    const { runs, context, callback_request: callback } = $.context.run;
    if (callback) return { by: "callback", runs, ...callback.body };
    if (runs === 1) {
      const { resume_url } = $.flow.rerun(this.every, null, 50);
      const { id } = await axios($, { url: `${this.url}/jobs`, method: "POST", data: { callback: resume_url } });
      $.flow.rerun(this.every, { id }, 50);
      return { began: id };
    }
    const job = await axios($, { url: `${this.url}/jobs/${context.id}`, headers: { "X-Job": context.id, "X-Runs": String(runs) } });
    if (job.status === "done") return { by: "polling", runs, result: job.result };
    $.flow.rerun(this.every, context, 50);
  },
};
