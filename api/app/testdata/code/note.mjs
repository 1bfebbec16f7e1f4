import { ConfigurationError } from "@pipedream/platform";
import acme from "./acme.mjs";

// Writes a note about a contact.
export default {
  key: "acme-code-write-note",
  name: "Write Note",
  description: "Write a note about a contact.",
  version: "0.1.0",
  type: "action",
  annotations: { readOnlyHint: false, destructiveHint: false, openWorldHint: true },
  props: {
    crm: acme,
    base: { type: "string", label: "Address" },
    contact_id: { propDefinition: [acme, "contact", ({ base }) => ({ base })] },
    text: { type: "string", label: "Text", reloadProps: true },
    memory: { type: "data_store", optional: true },
  },
  async additionalProps() {
    return this.text?.includes("call") ? { when: { type: "string", label: "When", options: () => ["today", "tomorrow"] } } : {};
  },
  async run({ $ }) {
    const { crm, base, memory, ...data } = this;
    if (data.text === "") throw new ConfigurationError("There is nothing to write.");
    console.log("with the key", crm.$auth.api_key);
    const note = await crm.call($, base, "/api/notes", { method: "POST", data });
    if (memory) await memory.set("last", { id: note.id, seen: ((await memory.get("last"))?.seen ?? 0) + 1 });
    $.export("$summary", `Wrote ${note.id}`);
    $.export("seen", memory ? (await memory.get("last")).seen : 0);
    $.send.http({ url: `${base}/healthz`, method: "GET" });
    return note;
  },
};
