// Compiled against the package as it is published: what users write must fit its types.
import { ConnectError, createFrontendClient, PatchbayError, type Account, type ConfigurableProp, type Connection } from "@patchbay/browser";

const client = createFrontendClient({
  externalUserId: "ada",
  tokenCallback: async () => (await fetch("/token", { method: "POST" })).json(),
  host: "connect.example.com",
});
createFrontendClient({ externalUserId: "ada", frontendHost: "a.test", baseUrl: "https://b.test", projectEnvironment: "production", tokenCallback: async ({ externalUserId }) => ({ token: externalUserId, expiresAt: new Date() }) });
// @ts-expect-error a user is needed
createFrontendClient({ tokenCallback: async () => "t", host: "a.test" });

const flow: Connection = client.open({ mode: "popup", app: "slack", onSuccess: ({ id }) => id.length });
flow.addEventListener("success", (event) => event.detail.id.toUpperCase());
flow.addEventListener("close", ({ detail }) => detail.successful satisfies boolean);
// @ts-expect-error there is no such mode
client.open({ mode: "tab" });

export async function use(): Promise<Account | undefined> {
  try {
    const { id } = await flow.result;
    for await (const account of await client.accounts.list({ app: "slack" })) if (account.id === id) return account;
    const prop: ConfigurableProp | undefined = (await client.components.get("k")).configurableProps[0];
    if (prop?.type === "integer") return void prop.min?.toFixed();
    const { channels } = await client.proxy.get<{ channels: string[] }>({ accountId: id, url: "/conversations.list" });
    return void channels.length;
  } catch (error) {
    if (error instanceof ConnectError && error.code === "closed") return undefined;
    if (error instanceof PatchbayError) console.log(error.status, error.requestId?.length, error.retryAfter);
    throw error;
  }
}
