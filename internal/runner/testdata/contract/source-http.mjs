export default {
  key: "acme-source-http",
  name: "source-http",
  version: "0.0.1",
  type: "source",
  props: { http: { type: "$.interface.http", customResponse: true } },
  run(event) { this.http.respond({ status: 202, body: `${this.http.endpoint} ${event.body.a}` }); },
};
