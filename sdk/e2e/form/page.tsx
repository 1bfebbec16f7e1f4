// Every type of prop on one page, drawn by the packages as they are built.
import { createFrontendClient, type ConfigurableProp } from "@patchbay/browser";
import { ComponentForm, PatchbayProvider } from "@patchbay/react";
import { createRoot } from "react-dom/client";

const props: ConfigurableProp[] = [
  { name: "note", type: "alert", alertType: "info", content: "This posts as you." },
  { name: "warn", type: "alert", alertType: "warning", content: "It cannot be taken back." },
  { name: "slack", type: "app", app: "slack", label: "Slack account" },
  { name: "channel", type: "string", label: "Channel", description: "Where the message goes.", remoteOptions: true },
  { name: "people", type: "string[]", label: "People", options: [{ label: "Ada Lovelace", value: "ada" }, { label: "Grace Hopper", value: "grace" }], default: ["ada"] },
  { name: "text", type: "string", label: "Message", description: "What to say." },
  { name: "secret", type: "string", label: "Signing secret", secret: true },
  { name: "times", type: "integer", label: "How many times", min: 1, max: 5, default: 1 },
  { name: "loud", type: "boolean", label: "Notify everybody", description: "Also those who are away." },
  { name: "mood", type: "string", label: "Mood", options: ["calm", "urgent"] },
  { name: "tags", type: "string[]", label: "Tags", default: ["one", "two"] },
  { name: "extra", type: "object", label: "Extra data", default: { a: 1 } },
  { name: "query", type: "sql", label: "Query", default: { value: "select 1" } },
  { name: "request", type: "http_request", label: "Callback", default: { method: "POST", url: "https://a.test", headers: [{ name: "X-A", value: "b" }], auth: { type: "bearer" }, body: { type: "raw" } } },
  { name: "timer", type: "$.interface.timer", label: "When", default: { intervalSeconds: 900 } },
  { name: "later", type: "string", label: "Something else", optional: true, default: "x" },
];

const client = createFrontendClient({ host: location.origin, externalUserId: "ada", tokenCallback: async () => "ctok" });
const done = document.querySelector("output")!;
createRoot(document.querySelector("#form")!).render(
  <PatchbayProvider client={client}>
    <ComponentForm component={{ key: "act", name: "Act", version: "1.0.0", configurableProps: props }} submitLabel="Send" onSubmit={(c) => { done.textContent = JSON.stringify(c.configuredProps); }} />
  </PatchbayProvider>,
);
