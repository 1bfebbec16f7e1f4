import type { Doc } from "./tree";

/** A workflow to begin with. It uses the CRM that comes with Patchbay, so that it runs before any app is registered. */
export const example: Doc = {
  name: "Save a contact",
  triggers: [{ name: "http", type: "http", auth: "oauth" }],
  steps: [
    { name: "has_email", type: "filter", if: "{{ trigger.body.email != nil }}", reason: "The call named no e-mail." },
    { name: "create_contact", type: "http_request", account: { of: "user", app: "acme_crm" }, method: "POST", url: "/api/contacts", body: { name: "{{ trigger.body.name }}", email: "{{ trigger.body.email }}" } },
    { name: "answer", type: "respond", status: 201, body: { contact_id: "{{ steps.create_contact.body.id }}" } },
  ],
};
