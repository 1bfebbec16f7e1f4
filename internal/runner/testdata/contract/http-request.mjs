export default {
  key: "acme-http-request",
  name: "http-request",
  version: "0.0.1",
  type: "action",
  props: { req: { type: "http_request" } },
  run() { return [this.req.method, typeof this.req.execute]; },
};
