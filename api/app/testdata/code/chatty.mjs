import acme from "./acme.mjs";

// Does what the body of a request says, and tells a lot on its way.
export default {
  key: "acme-code-chatty",
  name: "Chatty",
  version: "0.1.0",
  type: "source",
  props: {
    crm: acme,
    http: "$.interface.http",
    base: { type: "string", label: "Address" },
    refuse: { type: "boolean", label: "Refuse", optional: true },
  },
  hooks: {
    async deploy() {
      console.log("deploying");
      if (this.refuse) throw new Error("it does not want to");
    },
  },
  async run({ body }) {
    if (body.do === "log") console.log("the key is", this.crm.$auth.api_key);
    if (body.do === "call") await this.crm.call(this, this.base, "/api/nothing");
    if (body.do === "noise") for (let n = 0; n < 300; n++) console.warn(`line ${n} ${"x".repeat(5000)}`);
    if (body.do === "throw") throw new Error("it is broken");
    if (body.do === "die") {
      console.log("last words");
      process.exit(3);
    }
    this.$emit({ did: body.do });
  },
};
