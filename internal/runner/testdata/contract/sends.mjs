export default {
  key: "acme-sends",
  name: "sends",
  version: "0.0.1",
  type: "action",
  props: {},
  run({ $ }) { $.send.http({ url: "http://x" }); $.send.email({ subject: "s" }); $.send.emit({ a: 1 }); $.send.s3({}); $.send.sse({}); $.send.sql({}); $.send.snowflake({}); $.send.sms({}); },
};
