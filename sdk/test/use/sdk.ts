// Compiled against the package as it is published: what users write must fit its types.
import { handleWebhooks, verifyWebhook, WebhookError, type WebhookErrorCode, type WebhookEvent } from "@patchbay/sdk";

export const fetchHandler: (request: Request) => Promise<Response> = handleWebhooks({ secret: "k", tolerance: 60 }, async (event, request) => {
  request.headers.get("x-pd-emitter-id");
  switch (event.type) {
    case "CONNECTION_SUCCESS":
      return event.body.account.app.name_slug.length;
    case "CONNECTION_ERROR":
      return event.body.error_code.length;
    case "trigger.emitted":
      // @ts-expect-error what a trigger emits is anything
      return event.body.n;
    default:
      return event.id;
  }
});

// The headers of Node's http and of Express.
declare const req: { headers: Record<string, string | string[] | undefined>; body: Uint8Array };

export async function use(): Promise<WebhookEvent | WebhookErrorCode> {
  // @ts-expect-error a secret is needed
  void verifyWebhook({ headers: {}, body: "" });
  try {
    return await verifyWebhook({ headers: req.headers, body: req.body, secret: ["old", "new"] });
  } catch (e) {
    if (e instanceof WebhookError) return e.code;
    throw e;
  }
}
