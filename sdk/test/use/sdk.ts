// Compiled against the package as it is published: what users write must fit its types.
import { handleWebhooks, NotFoundError, PatchbayClient, verifyWebhook, WebhookError, type Account, type WebhookErrorCode, type WebhookEvent } from "@patchbay/sdk";

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

export async function call(): Promise<Account | null> {
  const client = new PatchbayClient({ clientId: "cli", clientSecret: "s", baseUrl: "https://connect.test", projectId: "proj_1", environment: "development" });
  // @ts-expect-error whose account it is has to be said
  void client.triggers.deploy({ id: "x" });
  const { data } = await client.apps.retrieve("slack");
  data.nameSlug.length;
  const outcome = await client.actions.run({ id: "x", externalUserId: "ada", configuredProps: { slack: { authProvisionId: "apn_1" } } }, { timeoutInSeconds: 300 });
  outcome.exports.$summary;
  try {
    for await (const account of client.accounts.list({ app: "slack", limit: 10 })) return account.createdAt > new Date() ? account : null;
  } catch (e) {
    if (e instanceof NotFoundError) return null;
    throw e;
  }
  // @ts-expect-error an account has no such field
  return (await client.accounts.retrieve("apn_1")).name_slug;
}
